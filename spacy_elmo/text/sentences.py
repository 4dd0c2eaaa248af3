"""Cut Docs into the spans that the biLM reads as sentences. Nothing is written to the Doc."""

from __future__ import annotations

from functools import partial
from typing import Callable, Iterator, Sequence

import numpy as np
from spacy.attrs import IS_PUNCT, IS_SPACE, ORTH, SENT_START
from spacy.pipeline import Sentencizer
from spacy.strings import get_string_id
from spacy.tokens import Doc, Span

SpanGetter = Callable[[Sequence[Doc]], list[list[Span]]]

_SENTENCE_FINAL = frozenset(get_string_id(char) for char in Sentencizer.default_punct_chars)


def configure_sentences(max_words: int = 100) -> SpanGetter:
    """Sentences as annotated (parser, senter, sentencizer); where a Doc has none, pieces after sentence-final
    punctuation and after newlines.

    max_words: longer sentences are cut; whitespace is not counted.
    Raises ValueError unless max_words is a whole number above 0.
    """
    _check_words("max_words", max_words)
    return partial(_sentence_spans, max_words=max_words)


def configure_windows(size: int = 100, stride: int | None = None) -> SpanGetter:
    """Windows over the whole Doc, whatever its sentences.

    size: words of a window; whitespace is not counted.
    stride: words from the start of a window to that of the next; None for size, less for windows that overlap.
    Raises ValueError unless both are whole numbers above 0 and stride is at most size.
    """
    _check_words("size", size)
    step = size if stride is None else stride
    _check_words("stride", step)
    if step > size:
        raise ValueError(f"stride = {stride}: must be at most size = {size}, or words between windows are left out")
    return partial(_window_spans, size=size, step=step)


def configure_docs() -> SpanGetter:
    """Each Doc as one sentence, however long."""
    return _doc_spans


def _sentence_spans(docs: Sequence[Doc], *, max_words: int) -> list[list[Span]]:
    return [list(_sentences(doc, max_words)) for doc in docs]


def _window_spans(docs: Sequence[Doc], *, size: int, step: int) -> list[list[Span]]:
    return [list(_windows(doc, size, step)) for doc in docs]


def _doc_spans(docs: Sequence[Doc]) -> list[list[Span]]:
    return [[doc[:]] if len(doc) else [] for doc in docs]


def _sentence_starts(doc: Doc) -> np.ndarray:
    """RETURNS: (starts,) token numbers, the first 0."""
    if doc.has_annotation("SENT_START"):
        is_start = doc.to_array(SENT_START) == 1
    else:
        is_start = _guess_starts(doc)
    is_start[:1] = True
    return np.flatnonzero(is_start)


def _guess_starts(doc: Doc) -> np.ndarray:
    """Start after newlines, and, as spaCy's sentencizer, after a run of punctuation with a sentence-final mark."""
    is_start = np.zeros(len(doc), dtype=bool)
    after_final = False
    for i, (word, is_punct, is_space) in enumerate(doc.to_array([ORTH, IS_PUNCT, IS_SPACE]).tolist()):
        if word in _SENTENCE_FINAL:
            after_final = True
        elif not is_punct:
            if after_final:
                is_start[i] = True
            after_final = False
        if is_space and "\n" in doc[i].text:
            is_start[i + 1 : i + 2] = True
    return is_start


def _sentences(doc: Doc, max_words: int) -> Iterator[Span]:
    starts = _sentence_starts(doc)
    if len(starts) == 1 and len(doc) <= max_words:
        yield doc[:]
        return
    is_word = doc.to_array(IS_SPACE) == 0
    words_before = np.concatenate([[0], np.cumsum(is_word)])
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(doc)]):
        if words_before[end] - words_before[start] <= max_words:
            yield doc[start:end]
        else:
            words = start + np.flatnonzero(is_word[start:end])
            cuts = words[::max_words].tolist()
            for cut, next_cut in zip(cuts, [*cuts[1:], end]):
                yield doc[cut:next_cut]


def _windows(doc: Doc, size: int, step: int) -> Iterator[Span]:
    words = [token.i for token in doc if not token.is_space]
    for first in range(0, len(words), step):
        yield doc[words[first] : words[min(first + size, len(words)) - 1] + 1]
        if first + size >= len(words):
            return


def _check_words(key: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{key} = {value!r}: must be a whole number of at least 1")
