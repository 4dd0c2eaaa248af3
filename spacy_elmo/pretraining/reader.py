"""Text files as documents to train on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from ..text.pipelines import describe_tokenizer
from ..text.readers import CorpusError, Document, Lines, describe_files
from ..text.tokenize import find_text, tokenize_files
from .corpus.shards import WeightedDocument

SENTENCES_A_DOCUMENT = 10  # of tokenized text


class TextReader:
    """Reads documents from files; see `tokenize_files`.

    Args:
        paths: Files, directories and patterns.
        lang: The language whose tokenizer to use.
        n_process: Processes that tokenize.
        lines: What a line of text is.
        weights: Patterns of the ends of paths, as of `Path.match`, and how often a pass over the text reads the
            documents of such files. The first that fits counts; other files are read once.
        tokenizer: Name or path of a pipeline whose tokenizer to use, None for that of the language.
    """

    def __init__(
        self,
        paths: list[str],
        lang: str,
        n_process: int | None,
        lines: Lines,
        weights: Sequence[tuple[str, float]],
        tokenizer: str | None,
    ):
        self.paths, self.lang, self.n_process, self.lines, self.weights = paths, lang, n_process, lines, weights
        self.tokenizer = tokenizer

    def __call__(self) -> Iterator[Document]:
        for weight, paths in self._by_weight():
            for document in tokenize_files(
                paths,
                lang=self.lang,
                tokenizer=self.tokenizer,
                n_process=self.n_process,
                lines=self.lines,
                progress=True,
            ):
                for part in _in_parts(document) if self.lines == "sentences" else [document]:
                    yield part if weight == 1 else WeightedDocument(part, weight)

    def _by_weight(self) -> list[tuple[float, list[str | Path]]]:
        if not self.weights:
            return [(1.0, [*self.paths])]
        files = sorted(zip(self.file_weights(), self.files()))
        return [(weight, [file for _, file in group]) for weight, group in groupby(files, key=itemgetter(0))]

    def file_weights(self) -> list[float]:
        """Return the weight of each of `files`. Raises CorpusError for a pattern that fits none of them."""
        files = self.files()
        for pattern, _ in self.weights:
            if not any(file.match(pattern) for file in files):
                raise CorpusError(f"weights: no file of the text has a name like {pattern!r}; correct or remove it")
        return [next((float(weight) for name, weight in self.weights if file.match(name)), 1.0) for file in files]

    def files(self) -> list[Path]:
        """Return the files that it reads. Raises CorpusError for paths that are not there."""
        return [file for path in self.paths for file in find_text(path)]

    def describe(self) -> list[dict[str, Any]]:
        """Return facts by which a change of the text shows. Raises CorpusError for paths that are not there."""
        return describe_files(self.files())

    def describe_tokenizer(self) -> list[dict[str, str]]:
        """Return facts by which a change of the tokenizer shows. Raises ValueError where it is not there."""
        return describe_tokenizer(self.tokenizer) if self.tokenizer else []


def _in_parts(document: Document) -> Iterator[Document]:
    """Cut a document of tokenized text: as a rule it is a whole file, and what is shuffled are documents."""
    return (document[i : i + SENTENCES_A_DOCUMENT] for i in range(0, len(document), SENTENCES_A_DOCUMENT))
