"""Files as sentences of words, by any spaCy language, in parallel."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeAlias

import spacy
from spacy.attrs import ORTH
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, DocBin
from tqdm import tqdm

from ..util.checks import check_choice
from .pipelines import load_tokenizer
from .processes import map_in_order
from .readers import SUFFIXES, CorpusError, Document, Lines, find_files, read_documents
from .sentences import NEWLINE, SPACE, configure_sentences, find_kind, find_starts

Tokens: TypeAlias = tuple[list[str], bytes]  # words, and the kind of each
Batch: TypeAlias = Path | list[list[str]]  # a .spacy file, or documents as paragraphs

DOC_BIN = ".spacy"
BATCH_CHARACTERS = 500_000  # that a process gets at a time
FEW = 8  # batches that are done sooner than other processes start
MAX_LEXEMES = 50_000  # words or pieces that a tokenizer may know before a new one takes its place
LONGEST_SENTENCE = 100  # words, as of the `elmo` pipe
_get_sentences = configure_sentences(LONGEST_SENTENCE)


def find_text(path: str | Path) -> list[Path]:
    """Return the files that `tokenize_files` reads for a path, sorted.

    Args:
        path: A file, a directory or a pattern.

    Raises:
        CorpusError: Where there are none.
    """
    return find_files(path, (*SUFFIXES, DOC_BIN))


def tokenize_files(
    paths: Iterable[str | Path],
    *,
    lang: str = "en",
    tokenizer: str | None = None,
    n_process: int | None = 1,
    lines: Lines = "paragraphs",
    progress: bool = False,
) -> Iterator[Document]:
    """Yield the documents of files as sentences of words.

    Sentences are the annotated ones, or where there are none, those that the `elmo` pipe would cut. Whitespace, empty
    sentences and empty documents are left out.

    Args:
        paths: Files, directories and patterns: `.spacy` files, each read as a whole, and what `read_documents` reads.
        lang: Code of the language whose tokenizer to use.
        tokenizer: Name or path of a pipeline of that language, whose tokenizer to use instead. None for that of spaCy.
        n_process: Processes that tokenize, where there is more text than they take to start. None for as many as there
            are cores, 4 at most. The result does not depend on it.
        lines: As of `read_documents`. "sentences" are tokenized already: words are what is between spaces, no sentence
            is cut, and neither language nor tokenizer matters.
        progress: Whether to show a bar of what is read, on a terminal.

    Yields:
        The sentences of each document.

    Raises:
        CorpusError: For a path that is not there, holds no text or cannot be read, and where a process is lost.
        ValueError: For a language that spaCy does not have, or whose tokenizer needs a package that is not installed;
            and for a tokenizer that cannot be loaded, or is of another language.
    """
    if n_process is not None and n_process < 1:
        raise ValueError(f"n_process = {n_process}: must be at least 1")
    check_choice("lines", lines, Lines)
    paths = list(paths)
    if lines != "sentences":
        check_language(lang, tokenizer)
    n_process = 1 if lines == "sentences" else n_process or default_processes()
    size = sum(file.stat().st_size for path in paths for file in find_text(path)) if progress else 0
    work = partial(_tokenize_batch, lang=lang, name=tokenizer, lines=lines)
    with tqdm(
        total=size, desc="Reading text", unit="B", unit_scale=True, leave=False, disable=None if progress else True
    ) as bar:
        batches = _batches(paths, lines, bar.update)
        alone = islice(batches, None if n_process == 1 else FEW)
        for documents in chain(map(work, alone), map_in_order(work, batches, n_process, doing="tokenizes")):
            yield from documents


def default_processes() -> int:
    """Return how many processes tokenize unless a number is given: as many as there are cores, 4 at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, 4)


def _batches(paths: Iterable[str | Path], lines: Lines, on_read: Callable[[int], object]) -> Iterator[Batch]:
    for path in paths:
        found = False
        for file in find_text(path):
            if is_doc_bin(file):
                batches: Iterable[Batch] = [file]
                on_read(file.stat().st_size)
            else:
                batches = _batch(read_documents(file, lines, on_read=on_read))
            for batch in batches:
                found = True
                yield batch
        if not found:
            raise CorpusError(f"{path}: holds no text; leave it out")


def is_doc_bin(file: Path) -> bool:
    """Return whether a file is to be read as a DocBin: by its name, or by its first bytes, which no text has."""
    if file.name.endswith(DOC_BIN):
        return True
    with suppress(OSError), file.open("rb") as stream:
        return stream.read(2) == b"x\x9c"
    return False


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


def _tokenize_batch(batch: Batch, *, lang: str, name: str | None, lines: Lines) -> list[Document]:
    """Return the documents that have words."""
    if isinstance(batch, Path):
        documents = [_annotated_sentences(doc) for doc in read_doc_bin(batch, lang)]
    elif lines == "sentences":
        documents = [[words for line in document if (words := line.split())] for document in batch]
    else:
        tokenizer = _tokenizer(lang, name)
        documents = [[s for tokens in tokenizer(document) for s in _sentences(*tokens)] for document in batch]
        if tokenizer.is_full():
            _tokenizer.cache_clear()  # `nlp.memory_zone` bounds it as well, but words are not cached then
    return [document for document in documents if document]


def cut_text(text: str, lang: str, tokenizer: str | None = None) -> list[list[str]]:
    """Return a text as sentences of words: those that the `elmo` pipe reads in it, where none are annotated.

    Args:
        text: Any text, held in memory as a whole.
        lang: Code of a language that has a tokenizer, see `check_language`.
        tokenizer: As of `tokenize_files`.
    """
    found = _tokenizer(lang, tokenizer)
    (tokens,) = found([text])
    if found.is_full():
        _tokenizer.cache_clear()
    return [sentence for sentence in _sentences(*tokens) if sentence]


class _Tokenizer:
    """The tokenizer of a language or of a pipeline, which tokenizes each piece between spaces once.

    That is what spaCy's own does as well, and then makes a Doc, in which an exception made of signs (`'em`) is not
    found where a sign before the space takes one of them. Here a piece does not depend on what stands before it. Texts
    with more than single spaces go through spaCy's as a whole, and so do all where the language has another tokenizer,
    or exceptions with spaces in them.

    Args:
        lang: Code of the language.
        name: As of `load_tokenizer`, None for the tokenizer of spaCy.
    """

    def __init__(self, lang: str, name: str | None = None):
        self.nlp = spacy.blank(lang) if name is None else load_tokenizer(name, lang)
        self.n_first = len(self.nlp.vocab)  # of exceptions, of which a tokenizer that was taught may have many
        tokenizer: Any = self.nlp.tokenizer
        self.by_pieces = type(tokenizer) is Tokenizer and all(len(rule.split()) < 2 for rule in tokenizer.rules or ())
        self.pieces: dict[str, Tokens] = {}
        self.words: dict[int, tuple[str, int]] = {}

    def is_full(self) -> bool:
        """Return whether it has learned so much that a new one should take its place, or memory grows with the text."""
        return max(len(self.nlp.vocab) - self.n_first, len(self.pieces)) > MAX_LEXEMES

    def __call__(self, document: list[str]) -> list[Tokens]:
        """Return the words of each paragraph of a document, and their kinds."""
        in_pieces = [self._split(text) for text in document]
        new = {piece for pieces in in_pieces for piece in pieces if piece not in self.pieces}
        if new:
            self._learn(sorted(new))
        return [self._join(pieces) if pieces else self._tokenize(text) for text, pieces in zip(document, in_pieces)]

    def _split(self, text: str) -> list[str]:
        pieces = text.split() if self.by_pieces else []
        return pieces if pieces == text.split(" ") else []

    def _join(self, pieces: list[str]) -> Tokens:
        found = [self.pieces[piece] for piece in pieces]
        return list(chain.from_iterable([words for words, _ in found])), b"".join([kinds for _, kinds in found])

    def _learn(self, pieces: list[str]) -> None:
        """Tokenize pieces as one text: a Doc of its own takes longer than what is in it.

        A line ends after each. Behind a space, an exception of the tokenizer (`'em`) would depend on the piece before.
        """
        words, kinds = self._tokenize("\n".join(pieces))
        ends = [i for i, word in enumerate(words) if word == "\n"] + [len(words)]
        starts = [0, *(end + 1 for end in ends[:-1])]
        for piece, start, end in zip(pieces, starts, ends, strict=True):
            self.pieces[piece] = words[start:end], kinds[start:end]

    def _tokenize(self, text: str) -> Tokens:
        numbers = self.nlp.make_doc(text).to_array(ORTH).tolist()
        found = [self.words.get(number) or self._know(number) for number in numbers]
        return [word for word, _ in found], bytes([kind for _, kind in found])

    def _know(self, number: int) -> tuple[str, int]:
        lexeme = self.nlp.vocab[number]
        self.words[number] = found = (lexeme.text, find_kind(lexeme))
        return found


def _sentences(words: list[str], kinds: bytes) -> Iterator[list[str]]:
    """Yield the sentences that a Doc without annotation is cut into, as `configure_sentences` does."""
    starts = find_starts(kinds)
    has_space = SPACE in kinds or NEWLINE in kinds
    for start, end in zip(starts, [*starts[1:], len(words)]):
        sentence = words[start:end]
        if has_space:
            sentence = [word for word, kind in zip(sentence, kinds[start:end]) if kind not in (SPACE, NEWLINE)]
        yield from (sentence[i : i + LONGEST_SENTENCE] for i in range(0, len(sentence), LONGEST_SENTENCE))


def _annotated_sentences(doc: Doc) -> list[list[str]]:
    sentences = ([token.text for token in span if not token.is_space] for span in _get_sentences([doc])[0])
    return [sentence for sentence in sentences if sentence]


def read_doc_bin(file: Path, lang: str) -> Iterator[Doc]:
    try:
        yield from DocBin().from_disk(file).get_docs(spacy.blank(lang).vocab)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise CorpusError(f"{file}: not a whole DocBin ({error}); write it again with `spacy convert`") from error


@lru_cache(maxsize=1)
def _tokenizer(lang: str, name: str | None = None) -> _Tokenizer:
    return _Tokenizer(lang, name)


def check_language(lang: str, tokenizer: str | None = None) -> None:
    """Raise ValueError for the code of a language that spaCy has no tokenizer for, or for a tokenizer of none."""
    try:
        _tokenizer(lang, tokenizer)
    except ImportError as error:
        raise ValueError(f"lang = {lang!r}: spaCy cannot make its tokenizer ({error}); correct it") from error
