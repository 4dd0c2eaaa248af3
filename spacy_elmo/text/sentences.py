"""Cut Docs into the spans that the biLM reads as sentences. Nothing is written to the Doc."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
from spacy.attrs import IS_PUNCT, IS_SPACE, ORTH, SENT_START
from spacy.lexeme import Lexeme
from spacy.pipeline import Sentencizer
from spacy.strings import get_string_id
from spacy.tokens import Doc, Span

from ..util.checks import check_size

SpanGetter: TypeAlias = Callable[[Sequence[Doc]], list[list[Span]]]

WORD, SPACE, NEWLINE, MARK, FINAL = range(5)  # kinds of tokens
_ENDS = re.compile(b"%c[%c%c]*(?=[^%c%c])|%c(?=.)" % (FINAL, MARK, FINAL, MARK, FINAL, NEWLINE), re.DOTALL)
_FINAL = frozenset(map(get_string_id, Sentencizer.default_punct_chars))


def configure_sentences(max_words: int = 100) -> SpanGetter:
    """Return a function that cuts Docs into sentences.

    They are those that a parser, a senter or a sentencizer annotated. A Doc without such annotation is cut after
    sentence-final punctuation and after newlines.

    Args:
        max_words: Longer sentences are cut. Whitespace is not counted.

    Raises:
        ValueError: Unless max_words is a whole number above 0.
    """
    check_size("max_words", max_words)
    return partial(_sentence_spans, max_words=max_words)


def configure_windows(size: int = 100, stride: int | None = None) -> SpanGetter:
    """Return a function that cuts Docs into windows, whatever their sentences.

    Args:
        size: Words of a window. Whitespace is not counted.
        stride: Words from the start of a window to that of the next; None for as many as size. Where it is less than
            size, windows overlap.

    Raises:
        ValueError: Unless both are whole numbers above 0, and stride is at most size.
    """
    check_size("size", size)
    step = size if stride is None else stride
    check_size("stride", step)
    if step > size:
        raise ValueError(f"stride = {stride}: must be at most size = {size}, or words between windows are left out")
    return partial(_window_spans, size=size, step=step)


def configure_docs() -> SpanGetter:
    """Return a function that takes each Doc as one sentence, however long it is."""
    return _doc_spans


def checked_spans(spans: object, docs: Sequence[Doc]) -> list[list[Span]]:
    """Return what a `get_spans` returned for Docs, once it is known to be a list of spans of each Doc.

    Raises:
        ValueError: For anything else.
    """
    expected = f"get_spans: must return a list of {len(docs)} lists, one for each Doc"
    if not isinstance(spans, (list, tuple)):
        raise ValueError(f"{expected}; it returned {type(spans).__name__}")
    if len(spans) != len(docs):
        raise ValueError(f"{expected}; it returned {len(spans)}")
    for doc, doc_spans in zip(docs, spans):
        if not isinstance(doc_spans, (list, tuple)):
            raise ValueError(f"{expected}; one of them is {type(doc_spans).__name__}")
        for span in doc_spans:
            if not isinstance(span, Span):
                raise ValueError(f"get_spans: must return spans (`doc[start:end]`), not {type(span).__name__}")
            if span.doc is not doc:
                raise ValueError("get_spans: a span is of another Doc; return the spans of each Doc in its place")
    return list(spans)


def _sentence_spans(docs: Sequence[Doc], *, max_words: int) -> list[list[Span]]:
    return [list(_sentences(doc, max_words)) for doc in docs]


def _window_spans(docs: Sequence[Doc], *, size: int, step: int) -> list[list[Span]]:
    return [list(_windows(doc, size, step)) for doc in docs]


def _doc_spans(docs: Sequence[Doc]) -> list[list[Span]]:
    return [[doc[:]] if len(doc) else [] for doc in docs]


def _sentence_starts(doc: Doc) -> list[int]:
    """Return the numbers of the tokens that start a sentence, the first 0."""
    if not doc.has_annotation("SENT_START"):
        return find_starts(_kinds(doc))
    is_start = doc.to_array(SENT_START) == 1
    is_start[:1] = True
    return np.flatnonzero(is_start).tolist()


def find_starts(kinds: bytes) -> list[int]:
    """Return the numbers of the tokens that start a sentence where none is annotated, the first 0.

    They are those that spaCy's sentencizer finds, words with final punctuation among the marks before them, and those
    after newlines. The sentencizer itself asks each token, which takes ten times as long.

    Args:
        kinds: Of the tokens, see `find_kind`.
    """
    return [0, *(found.end() for found in _ENDS.finditer(kinds))] if kinds else []


def find_kind(lexeme: Lexeme) -> int:
    """Return what a word is for the limits of sentences."""
    if lexeme.orth in _FINAL:
        return FINAL
    if lexeme.is_punct:
        return MARK
    return WORD if not lexeme.is_space else NEWLINE if "\n" in lexeme.text else SPACE


def _kinds(doc: Doc) -> bytes:
    words, is_punct, is_space = doc.to_array([ORTH, IS_PUNCT, IS_SPACE]).T.tolist() if len(doc) else ([], [], [])
    kinds = [FINAL if word in _FINAL else MARK if mark else WORD for word, mark in zip(words, is_punct)]
    for i, space in enumerate(is_space):
        if space:
            kinds[i] = find_kind(doc[i].lex)
    return bytes(kinds)


def _sentences(doc: Doc, max_words: int) -> Iterator[Span]:
    starts = _sentence_starts(doc)
    if len(starts) == 1 and len(doc) <= max_words:
        yield doc[:]
        return
    is_word = doc.to_array(IS_SPACE) == 0
    words_before = np.concatenate([[0], np.cumsum(is_word)])
    for start, end in zip(starts, [*starts[1:], len(doc)]):
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
