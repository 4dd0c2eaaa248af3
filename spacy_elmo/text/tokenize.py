"""Files as sentences of words, by any spaCy language, in parallel."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeAlias

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from .readers import SUFFIXES, CorpusError, Document, find_files, read_documents
from .sentences import configure_sentences

Batch: TypeAlias = Path | list[list[str]]  # a .spacy file, or documents as paragraphs

DOC_BIN = ".spacy"
BATCH_CHARACTERS = 500_000  # that a process gets at a time
MAX_LEXEMES = 50_000  # that a tokenizer may know before a new one takes its place
_get_sentences = configure_sentences()


def find_text(path: str | Path) -> list[Path]:
    """Return the files that `tokenize_files` reads for a path, sorted.

    Args:
        path: A file or a directory.

    Raises:
        CorpusError: Where there are none.
    """
    return find_files(path, (*SUFFIXES, DOC_BIN))


def tokenize_files(paths: Iterable[str | Path], *, lang: str = "en", n_process: int = 1) -> Iterator[Document]:
    """Yield the documents of files as sentences of words.

    Sentences are the annotated ones, or where there are none, those that the `elmo` pipe would cut. Whitespace, empty
    sentences and empty documents are left out.

    Args:
        paths: Files, and directories of them: `.spacy` files, each read as a whole, and what `read_documents` reads.
        lang: Code of the language whose tokenizer to use.
        n_process: Processes that tokenize. The result does not depend on it.

    Yields:
        The sentences of each document.

    Raises:
        CorpusError: For a path that is not there, holds no text or cannot be read.
        ValueError: For a language that spaCy does not have, or whose tokenizer needs a package that is not installed.
    """
    if n_process < 1:
        raise ValueError(f"n_process = {n_process}: must be at least 1")
    check_language(lang)
    work, batches = partial(_tokenize_batch, lang=lang), _batches(paths)
    for documents in map(work, batches) if n_process == 1 else _in_parallel(work, batches, n_process):
        yield from documents


def _batches(paths: Iterable[str | Path]) -> Iterator[Batch]:
    for path in paths:
        found = False
        for file in find_text(path):
            batches = [file] if file.name.endswith(DOC_BIN) else _batch(read_documents(file))
            for batch in batches:
                found = True
                yield batch
        if not found:
            raise CorpusError(f"{path}: holds no text; leave it out")


def _batch(documents: Iterable[list[str]]) -> Iterator[Batch]:
    batch: list[list[str]] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += sum(map(len, document))
        if size >= BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _in_parallel(
    work: Callable[[Batch], list[Document]], batches: Iterable[Batch], n_process: int
) -> Iterator[list[Document]]:
    """Yield results in the order of the batches. Only a few batches are read ahead."""
    with ProcessPoolExecutor(n_process, mp_context=get_context("spawn")) as pool:  # a fork may copy a lock that is held
        pending: deque[Future[list[Document]]] = deque()
        for batch in batches:
            pending.append(pool.submit(work, batch))
            if len(pending) > 2 * n_process:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _tokenize_batch(batch: Batch, *, lang: str) -> list[Document]:
    """Return the documents that have words."""
    if isinstance(batch, Path):
        documents = [_sentences(doc) for doc in _read_doc_bin(batch, lang)]
    else:
        nlp = _blank(lang)
        documents = [[s for text in document for s in _sentences(nlp.make_doc(text))] for document in batch]
        if len(nlp.vocab) > MAX_LEXEMES:  # it keeps every word, so memory would grow with the text
            _blank.cache_clear()  # `nlp.memory_zone` bounds it as well, but at half the speed: words are not cached
    return [document for document in documents if document]


def _sentences(doc: Doc) -> list[list[str]]:
    sentences = ([token.text for token in span if not token.is_space] for span in _get_sentences([doc])[0])
    return [sentence for sentence in sentences if sentence]


def _read_doc_bin(file: Path, lang: str) -> Iterator[Doc]:
    try:
        yield from DocBin().from_disk(file).get_docs(spacy.blank(lang).vocab)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise CorpusError(f"{file}: not a whole DocBin ({error}); write it again with `spacy convert`") from error


@lru_cache(maxsize=1)
def _blank(lang: str) -> Language:
    return spacy.blank(lang)


def check_language(lang: str) -> None:
    """Raise ValueError for the code of a language that spaCy has no tokenizer for."""
    try:
        _blank(lang)
    except ImportError as error:
        raise ValueError(f"lang = {lang!r}: spaCy cannot make its tokenizer ({error}); correct it") from error
