"""Annotated text, sentence by sentence. Content and task decide how a file is read; errors name the file and the line.

A format is a module with a NAME for people, what it GIVES, `recognises(sample)` and `read(path, sample, how)`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType

from spacy.tokens import Doc
from spacy.vocab import Vocab

from project.shared.assets import CorpusError

from . import conllu, tagged, texts
from .lines import EMPTY, is_csv, take_sample
from .sentences import MULTIWORD, How, LeftOut, Reading, Sentence

__all__ = ["MULTIWORD", "CorpusError", "How", "LeftOut", "make_docs", "open_corpus", "read_docs", "read_sentences"]

FORMATS: tuple[ModuleType, ...] = (conllu, tagged, texts)
AS_IT_IS = How()


def read_docs(path: Path, vocab: Vocab, components: Collection[str] = (), how: How = AS_IT_IS) -> Iterator[Doc]:
    """Read a Doc for each sentence.

    Args:
        path: The file.
        vocab: The vocabulary of the Docs.
        components: Names of the pipes that are to learn from it; where there are none, content alone decides.
        how: How it is read.

    Yields:
        The sentences of the file, in order.

    Raises:
        CorpusError: For a file that is missing, empty, not UTF-8, not well formed, or of no use to the components.
    """
    yield from make_docs(path, open_corpus(path, components, how), vocab)


def open_corpus(path: Path, components: Collection[str] = (), how: How = AS_IT_IS) -> Reading:
    """Find out how a file is to be read. Takes and raises what `read_docs` does."""
    sample = take_sample(path, is_checked=how.left_out is None)
    able = [form for form in FORMATS if set(components) <= form.GIVES]
    needed = f"for {' and '.join(components)}, give {' or '.join(form.NAME for form in able)}"
    if how.columns and able == [conllu]:
        raise CorpusError(f"columns = {how.columns!r}: {needed}, which has its own columns; leave them out")
    choices = [form for form in (able if how.columns else FORMATS) if not (how.columns and form is conllu)]
    found = next((form for form in choices if form.recognises(sample)), None)
    if found is None and is_csv(sample):
        raise CorpusError(f"{path}:{sample[0][0]}: commas or semicolons between columns; save it with tabs")
    found = found or able[-1]
    if found not in able:
        raise CorpusError(f"{path}:{sample[0][0]}: looks like {found.NAME}; {needed}")
    reading: Reading = found.read(path, sample, how)
    return reading


def make_docs(path: Path, reading: Reading, vocab: Vocab) -> Iterator[Doc]:
    """Yield a Doc for each sentence of a file that was opened. Raises CorpusError where spaCy does not accept one."""
    return (doc for _, doc in read_sentences(path, reading, vocab))


def read_sentences(path: Path, reading: Reading, vocab: Vocab) -> Iterator[tuple[Sentence, Doc]]:
    """Yield the sentences of a file that was opened, with their Docs. Raises what `make_docs` does."""
    is_empty = True
    for sentence in reading.sentences:
        with reading.how.leaving_out():
            try:
                doc = sentence.make_doc(vocab)
            except ValueError as error:
                raise CorpusError(f"{path}:{sentence.line}: not a sentence that spaCy accepts: {error}") from error
            is_empty = False
            yield sentence, doc
    if is_empty:
        left_out = reading.how.left_out
        raise CorpusError(f"{path}: {EMPTY}" + (f"\n{left_out.reasons[0]}" if left_out and left_out.count else ""))
