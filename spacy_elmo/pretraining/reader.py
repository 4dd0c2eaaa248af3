"""Text files as documents to train on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..text.readers import Document, Lines, describe_files
from ..text.tokenize import find_text, tokenize_files

SENTENCES_A_DOCUMENT = 10  # of tokenized text


class TextReader:
    """Reads documents from files; see `tokenize_files`.

    Args:
        paths: Files, directories and patterns.
        lang: The language whose tokenizer to use.
        n_process: Processes that tokenize.
        lines: What a line of text is.
    """

    def __init__(self, paths: list[str], lang: str, n_process: int | None, lines: Lines):
        self.paths, self.lang, self.n_process, self.lines = paths, lang, n_process, lines

    def __call__(self) -> Iterator[Document]:
        documents = tokenize_files(
            self.paths, lang=self.lang, n_process=self.n_process, lines=self.lines, progress=True
        )
        if self.lines != "sentences":
            return documents
        return (part for document in documents for part in _in_parts(document))

    def files(self) -> list[Path]:
        """Return the files that it reads. Raises CorpusError for paths that are not there."""
        return [file for path in self.paths for file in find_text(path)]

    def describe(self) -> list[dict[str, Any]]:
        """Return facts by which a change of the text shows. Raises CorpusError for paths that are not there."""
        return describe_files(self.files())


def _in_parts(document: Document) -> Iterator[Document]:
    """Cut a document of tokenized text: as a rule it is a whole file, and what is shuffled are documents."""
    return (document[i : i + SENTENCES_A_DOCUMENT] for i in range(0, len(document), SENTENCES_A_DOCUMENT))
