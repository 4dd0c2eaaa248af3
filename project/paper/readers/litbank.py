"""LitBank's coreference: columns as of CoNLL-2012, a document between `#begin document` and `#end document`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spacy.tokens import Doc
from spacy.vocab import Vocab

from project.shared.assets import CorpusError
from project.shared.corpora.lines import read_lines

from ..scorers.coreference import PREFIX

WORD = 3  # the column of words, from 0; clusters are in the last one
WIDTH = 5  # columns at least
NOTHING = ("", "_", "-")
BRACKETS = re.compile(r"(\(?)(\d+)(\)?)", re.ASCII)


@dataclass
class Document:
    """What was read of a document.

    Attributes:
        place: The file and the line that it begins in, for messages.
        words: Its words.
        starts: Whether each begins a sentence.
        clusters: The first word of each mention and the one behind it, by cluster, in the order that clusters begin.
        open: The first words of mentions that have no end yet, by cluster.
    """

    place: str
    words: list[str] = field(default_factory=list)
    starts: list[bool | int | None] = field(default_factory=list)
    clusters: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    open: dict[str, list[int]] = field(default_factory=dict)

    def add(self, columns: list[str], is_start: bool, place: str) -> None:
        """Take a word and the mentions that begin and end with it."""
        if len(columns) < WIDTH or not columns[WORD].strip():
            found = f"{len(columns)} columns" if len(columns) < WIDTH else "no word in column 4"
            raise CorpusError(f"{place}: {found}; give at least {WIDTH} with tabs between them, clusters in the last")
        here = len(self.words)
        self.words.append(columns[WORD])
        self.starts.append(is_start)
        for part in columns[-1].split("|") if columns[-1] not in NOTHING else ():
            match = BRACKETS.fullmatch(part)
            if match is None or not (match[1] or match[3]):
                raise CorpusError(f"{place}: {part!r} in the last column; clusters are (1, 1) or (1), with | between")
            opens, cluster, closes = match.groups()
            if opens:
                self.clusters.setdefault(cluster, [])
                self.open.setdefault(cluster, []).append(here)
            if closes:
                if not self.open.get(cluster):
                    raise CorpusError(f"{place}: a mention of cluster {cluster} ends that has not begun; mend the file")
                self.clusters[cluster].append((self.open[cluster].pop(), here + 1))

    def make_doc(self, vocab: Vocab) -> Doc:
        """Return the document as a Doc; mentions of a cluster are in the order of their words, each once."""
        pending = [cluster for cluster, starts in self.open.items() if starts]
        if pending:
            raise CorpusError(f"{self.place}: a mention of cluster {pending[0]} does not end; mend the file")
        if not self.words:
            raise CorpusError(f"{self.place}: a document without words; leave it out")
        doc = Doc(vocab, words=self.words, sent_starts=self.starts)
        for i, mentions in enumerate(self.clusters.values(), start=1):
            doc.spans[f"{PREFIX}_{i}"] = [doc[start:end] for start, end in sorted(set(mentions))]
        return doc


def read_litbank(path: Path, vocab: Vocab) -> Iterator[Doc]:
    """Read a Doc for each document.

    Args:
        path: The file; tabs between columns, empty lines between sentences.
        vocab: The vocabulary of the Docs.

    Yields:
        The documents in order, with their sentences, and clusters as `doc.spans["coref_clusters_1"]` and so on, those
        of one mention included.

    Raises:
        CorpusError: For a file that cannot be read, has no documents, or is not well formed.
    """
    document: Document | None = None
    is_start, n_documents = True, 0
    for number, line in read_lines(path):
        place = f"{path}:{number}"
        if line.startswith("#begin document"):
            if document is not None:
                raise CorpusError(f"{place}: a document begins before the last one's `#end document`; mend the file")
            document, is_start = Document(place), True
            n_documents += 1
        elif line.startswith("#end document"):
            if document is None:
                raise CorpusError(f"{place}: a document ends that has not begun; mend the file")
            yield document.make_doc(vocab)
            document = None
        elif not line.strip():
            is_start = True
        elif document is None:
            raise CorpusError(f"{place}: a word before any `#begin document`; give a file as of CoNLL-2012")
        else:
            document.add(line.split("\t"), is_start, place)
            is_start = False
    if document is not None:
        raise CorpusError(f"{document.place}: a document without `#end document`: the file is cut off; get it again")
    if not n_documents:
        raise CorpusError(f"{path}: no documents in it; give a file as of CoNLL-2012")
