"""Bring the text that `en_elmo_sm` is trained on, unless there is text of one's own.

python -m scripts.raw_text TEXT

    assets/{lm-en,lm-en-more}/{train,heldout}/SOURCE.txt   a paragraph a line, a blank line between documents

TEXT says which of the sets: a path or a pattern of their files. All sources come from the data folder. Where there is
none, some are made from their public addresses: of lm-en two of eight, novels and transcripts of podcasts, 31 million
words; of lm-en-more five of seven, novels and manuals.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from glob import glob
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from wasabi import msg

from project.shared.arguments import Parser, StepError, clear_errors, given_path
from project.shared.assets import CorpusError, bring, open_archive
from project.shared.workspace import Workspace

from .markup import Document, read_markdown, read_plain, read_tei, read_transcript

HELDOUT = 100  # of so many documents, or parts of a novel, one is held out


class Source(NamedTuple):
    """A source of text, and how documents are made of it.

    Attributes:
        archive: The name of the archive in the folder of the set.
        files: A pattern of the names of the files in it that are read.
        read: Makes a document of the text of a file.
        is_long: The end of every document is held out, in place of whole documents.
    """

    archive: str
    files: str
    read: Callable[[str], Document]
    is_long: bool = False


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = Parser("Bring the text that `en_elmo_sm` is trained on")
    parser.add_argument("text", type=given_path, help="file or folder of raw text, or a pattern")
    for folder in bring_text(workspace, parser.parse_args(arguments).text):
        for split in ("train", "heldout"):
            files = sorted((folder / split).glob("*.txt"))
            names = ", ".join(path.stem for path in files)
            msg.good(f"{split}: {names}; {sum(p.stat().st_size for p in files):,} bytes")


def bring_text(workspace: Workspace, text: Path) -> list[Path]:
    """Bring the sets that a path or a pattern of text is of, and return their folders.

    Raises:
        StepError: It is of none of them, and not there.
    """
    folders = [workspace.assets / name for name in SETS if _is_of(workspace.assets / name, workspace.root / text)]
    if not folders and not glob(str(workspace.root / text), recursive=True):
        raise StepError(f"{workspace.root / text}: no such file or folder; name your text with --vars.text")
    for folder in folders:
        bring(workspace, folder, is_there=(folder / "train").is_dir, make=_make)
    return folders


def _is_of(folder: Path, text: Path) -> bool:
    """Return whether a path is a part of a set, or a pattern of its files."""
    parts = [folder / split / name for split in ("train", "heldout") for name in ("", "any.txt")]
    return any(fnmatchcase(str(part), str(text)) for part in parts)


def _make(folder: Path) -> None:
    """Turn the archives in a folder into text. `train` is the last to get its name: it says that all is there."""
    stage = folder / "unfinished"
    shutil.rmtree(stage, ignore_errors=True)
    for name, source in SETS[folder.name].items():
        msg.info(f"Reading {source.archive}")
        for split, documents in split_documents(read_archive(folder / source.archive, source), source).items():
            (stage / split).mkdir(parents=True, exist_ok=True)
            text = "\n\n".join("\n".join(paragraphs) for paragraphs in documents)
            (stage / split / f"{name}.txt").write_text(text + "\n", encoding="utf8")
    for split in ("heldout", "train"):
        shutil.rmtree(folder / split, ignore_errors=True)
        (stage / split).rename(folder / split)
    stage.rmdir()


def read_archive(path: Path, source: Source) -> Iterator[Document]:
    """Yield the documents of an archive, by the names of their files. Raises CorpusError for one that is broken."""
    with open_archive(path) as archive:
        members = [member for member in archive if re.search(source.files, member.name)]
        for member in sorted(members, key=lambda member: member.name):
            file = archive.extractfile(member)
            try:
                document = source.read(file.read().decode("utf8", "replace")) if file else []
            except ParseError as error:
                raise CorpusError(f"{path}: {member.name}: not whole ({error}); remove it, and get it again") from error
            if document:
                yield document


def split_documents(documents: Iterable[Document], source: Source) -> dict[str, list[Document]]:
    """Return documents to train on and to hold out."""
    found: dict[str, list[Document]] = {"train": [], "heldout": []}
    for number, document in enumerate(documents, start=1):
        n = len(document) // HELDOUT
        if source.is_long and n:
            found["train"].append(document[:-n])
            found["heldout"].append(document[-n:])
        else:
            found["heldout" if number % HELDOUT == 0 else "train"].append(document)
    return found


SETS: dict[str, dict[str, Source]] = {
    "lm-en": {
        "litbank_novels": Source("litbank.tar.gz", r"/original/[^/]+\.txt$", read_plain, is_long=True),
        "changelog_transcripts": Source("transcripts.tar.gz", r"^[^/]+/[a-z]+/[^/]+\.md$", read_transcript),
    },
    "lm-en-more": {
        "eltec_novels": Source("eltec.tar.gz", r"/level1/[^/]+\.xml$", read_tei, is_long=True),
        "cpp_docs": Source("cpp-docs.tar.gz", r"^[^/]+/docs/.*\.md$", read_markdown),
        "kubernetes_docs": Source(
            "kubernetes.tar.gz", r"/content/en/(docs(?!/reference)|blog|case-studies|community)/.*\.md$", read_markdown
        ),
        "powershell_docs": Source("powershell-docs.tar.gz", r"/(7\.7|docs-conceptual)/.*\.md$", read_markdown),
        "rust_book": Source("rust-book.tar.gz", r"^[^/]+/src/[^/]+\.md$", read_markdown, is_long=True),
    },
}

if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
