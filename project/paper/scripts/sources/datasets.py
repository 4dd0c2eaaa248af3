"""Annotated text that tasks learn from: where it comes from, and what is known of it once it is converted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from pydantic import BaseModel, PositiveInt
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from project.paper.readers.entailment import read_pairs
from project.paper.readers.litbank import read_litbank
from project.paper.readers.polarity import read_polarity, read_trees
from project.paper.readers.propbank import read_propbank
from project.paper.readers.qamr import read_qamr
from project.paper.readers.squad import read_squad
from project.shared.assets import REMEDY, CorpusError, bring
from project.shared.corpora import How, read_docs
from project.shared.corpora.polarity import split_polarity
from project.shared.workspace import Workspace

SPLITS = ("train", "dev", "test")
NOTES = "notes.json"  # in the folder of a converted corpus; the last to be written
FEWEST_WORDS = 500  # of a share: less may have nothing to learn from
Read = Callable[[Path, Language], Iterator[Doc]]


@dataclass(frozen=True)
class Dataset:
    """Annotated text.

    Attributes:
        folder: Below `assets/`; "" where the project's variable of the dataset's name has the folder.
        files: Below the folder, with `{split}` for train, dev and test. All of a split are read one after the other.
        read: Reads a file.
        splits: Those that there are.
    """

    folder: str
    files: tuple[str, ...]
    read: Read
    splits: tuple[str, ...] = SPLITS

    def find(self, folder: Path) -> dict[str, list[Path]]:
        """Return the files of each split."""
        return {split: [folder / name.format(split=split) for name in self.files] for split in self.splits}


def _read_treebank(path: Path, nlp: Language) -> Iterator[Doc]:
    how = How(split=lambda form: [token.text for token in nlp.make_doc(form)])
    return read_docs(path, nlp.vocab, ("tagger", "parser"), how)


def _read_entities(path: Path, nlp: Language) -> Iterator[Doc]:
    return read_docs(path, nlp.vocab, ("ner",))


def _read_sst(path: Path, nlp: Language) -> Iterator[Doc]:
    return read_trees(path, nlp.vocab, phrases=path.stem == "train")  # as the paper trains


def _with_vocab(read: Callable[[Path, Vocab], Iterator[Doc]]) -> Read:
    return lambda path, nlp: read(path, nlp.vocab)


DATASETS = {
    "ud_english_ewt": Dataset("tagging/ud_english_ewt", ("en_ewt-ud-{split}.conllu",), _read_treebank),
    "wnut17": Dataset("ner/wnut17", ("{split}.iob",), _read_entities),
    "bc5cdr": Dataset("ner/bc5cdr", ("{split}.iob",), _read_entities),
    "sentence_polarity": Dataset("sentiment/sentence_polarity", ("{split}.tsv",), _with_vocab(read_polarity)),
    "propbank_ewt": Dataset("srl/propbank_ewt", ("{split}.jsonl",), _with_vocab(read_propbank)),
    "litbank": Dataset("coref/litbank", ("{split}.conll",), _with_vocab(read_litbank)),
    "qamr": Dataset("qa/qamr", ("{split}.jsonl",), read_qamr),
    "sick": Dataset("nli/sick", ("{split}.jsonl",), read_pairs),
    "dnc": Dataset("nli/dnc", ("megaveridicality/{split}.jsonl", "verbnet/{split}.jsonl"), read_pairs),
    "sst": Dataset("", ("{split}.txt",), _read_sst),
    "squad": Dataset("", ("{split}-v1.1.json",), read_squad, ("train", "dev")),  # its test data are not public
    "snli": Dataset("", ("snli_1.0_{split}.jsonl",), read_pairs),
}


class Part(BaseModel, strict=True):
    """A split of a converted corpus: its Docs and words, and the digest of its file."""

    docs: PositiveInt
    words: PositiveInt
    md5: str


class Notes(BaseModel, strict=True):
    """What is known of a converted corpus.

    Attributes:
        sample: The share of the Docs that was taken.
        files: Digests of the files that it was made of.
        splits: What came of each split.
    """

    sample: float
    files: dict[str, str]
    splits: dict[str, Part]


def find_files(workspace: Workspace, name: str, given: str) -> dict[str, list[Path]]:
    """Return the files of a dataset by split, brought below `assets/` where they are missing.

    Args:
        workspace: The project.
        name: Of the dataset.
        given: The folder of a dataset that the user has, from the project's on; "" for others.

    Raises:
        CorpusError: They cannot be had.
    """
    dataset = DATASETS[name]
    files = dataset.find(workspace.root / given if given else workspace.assets / dataset.folder)
    needed = [path for paths in files.values() for path in paths]
    if not given:
        bring_folder(workspace, dataset.folder, needed)
    elif missing := [path for path in needed if not path.is_file()]:
        names = ", ".join(path.name for path in needed)
        raise CorpusError(f"{missing[0]}: no such file. {name} = {given}: name a folder with {names}")
    return files


def bring_folder(workspace: Workspace, name: str, needed: list[Path]) -> Path:
    """Bring a folder below `assets/`, if it is not there, and return it.

    Args:
        workspace: The project.
        name: Of the folder, as "wsd/wordnet30".
        needed: What it has to have.

    Raises:
        CorpusError: It cannot be had.
    """

    def find_missing() -> list[Path]:
        return [path for path in needed if not path.exists()]

    folder = workspace.assets / name
    bring(workspace, folder, is_there=lambda: not find_missing(), make=split_polarity)
    if missing := find_missing():
        raise CorpusError(f"{missing[0]}: no such file. {REMEDY}")
    return folder


def read_notes(folder: Path) -> Notes | None:
    """Return what is known of a converted corpus, None where it is not there whole."""
    try:
        notes = Notes.model_validate_json((folder / NOTES).read_bytes())
    except (OSError, ValueError):
        return None
    is_whole = {"train", "dev"} <= notes.splits.keys() <= {*SPLITS}
    return notes if is_whole and all((folder / f"{split}.spacy").is_file() for split in notes.splits) else None


def count_share(share: float, docs: int, words: int) -> int:
    """Return how many Docs are a share of some that have so many words together, and are not too few to learn from."""
    return min(docs, max(round(share * docs), ceil(FEWEST_WORDS * docs / words)))
