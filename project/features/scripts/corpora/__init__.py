"""Annotated text, sentence by sentence. Content and task decide how a file is read; errors name the file and the line.

A format is a module with a NAME for people, what it GIVES, `recognises(sample)` and `read(path, sample, columns)`.
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
from .sentences import Reading

__all__ = ["CorpusError", "make_docs", "open_corpus", "read_docs"]

FORMATS: tuple[ModuleType, ...] = (conllu, tagged, texts)


def read_docs(path: Path, vocab: Vocab, components: Collection[str] = (), columns: str = "") -> Iterator[Doc]:
    """Read a Doc for each sentence.

    Args:
        path: The file.
        vocab: The vocabulary of the Docs.
        components: Names of the pipes that are to learn from it; where there are none, content alone decides.
        columns: What the columns hold, as `_,word,tag` or `text,category`; "" to find it out.

    Yields:
        The sentences of the file, in order.

    Raises:
        CorpusError: For a file that is missing, empty, not UTF-8, not well formed, or of no use to the components.
    """
    yield from make_docs(path, open_corpus(path, components, columns), vocab)


def open_corpus(path: Path, components: Collection[str] = (), columns: str = "") -> Reading:
    """Find out how a file is to be read. Takes and raises what `read_docs` does."""
    sample = take_sample(path)
    able = [form for form in FORMATS if set(components) <= form.GIVES]
    needed = f"for {' and '.join(components)}, give {' or '.join(form.NAME for form in able)}"
    if columns and able == [conllu]:
        raise CorpusError(f"columns = {columns!r}: {needed}, which has its own columns; leave them out")
    choices = [form for form in (able if columns else FORMATS) if not (columns and form is conllu)]
    found = next((form for form in choices if form.recognises(sample)), None)
    if found is None and is_csv(sample):
        raise CorpusError(f"{path}:{sample[0][0]}: commas or semicolons between columns; save it with tabs")
    found = found or able[-1]
    if found not in able:
        raise CorpusError(f"{path}:{sample[0][0]}: looks like {found.NAME}; {needed}")
    reading: Reading = found.read(path, sample, columns)
    return reading


def make_docs(path: Path, reading: Reading, vocab: Vocab) -> Iterator[Doc]:
    """Yield a Doc for each sentence of a file that was opened. Raises CorpusError where spaCy does not accept one."""
    is_empty = True
    for sentence in reading.sentences:
        is_empty = False
        try:
            yield sentence.make_doc(vocab)
        except ValueError as error:
            raise CorpusError(f"{path}:{sentence.line}: not a sentence that spaCy accepts: {error}") from error
    if is_empty:
        raise CorpusError(f"{path}: {EMPTY}")
