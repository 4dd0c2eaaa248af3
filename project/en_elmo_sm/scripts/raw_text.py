"""Bring the text that `en_elmo_sm` is trained on, unless there is text of one's own.

python -m scripts.raw_text TEXT

    assets/lm-en/{train,heldout}/SOURCE.txt   a paragraph a line, a blank line between documents

All eight sources come from the data folder. Where there is none, two of them are made from their public addresses:
novels and transcripts of podcasts, 31 million words.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from wasabi import msg

from project.shared.arguments import Parser, StepError, clear_errors, given_path
from project.shared.assets import bring, open_archive
from project.shared.workspace import Workspace

FOLDER = "lm-en"
HELDOUT = 100  # of so many documents, or parts of a novel, one is held out
Document = list[str]  # paragraphs


class Source(NamedTuple):
    """A source of text, and how documents are made of it.

    Attributes:
        archive: The name of the archive in FOLDER.
        files: A pattern of the names of the files in it that are read.
        read: Makes a document of the text of a file.
        is_long: The end of every document is held out, in place of whole documents.
    """

    archive: str
    files: str
    read: Callable[[str], Document]
    is_long: bool


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = Parser("Bring the text that `en_elmo_sm` is trained on")
    parser.add_argument("text", type=given_path, help="file or folder of raw text")
    text, folder = workspace.root / parser.parse_args(arguments).text, workspace.assets / FOLDER
    if text != folder / "train":
        if not text.exists():
            raise StepError(f"{text}: no such file or folder; name your text with --vars.text")
        return
    bring(workspace, folder, is_there=(folder / "train").is_dir, make=_make)
    for split in ("train", "heldout"):
        files = sorted((folder / split).glob("*.txt"))
        msg.good(f"{split}: {', '.join(path.stem for path in files)}; {sum(p.stat().st_size for p in files):,} bytes")


def _make(folder: Path) -> None:
    """Turn the archives in a folder into text. `train` is the last to get its name: it says that all is there."""
    stage = folder / "unfinished"
    shutil.rmtree(stage, ignore_errors=True)
    for name, source in SOURCES.items():
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
            if file and (document := source.read(file.read().decode("utf8", "replace"))):
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


def read_plain(text: str) -> Document:
    """Return the paragraphs of text with broken lines and blank lines between paragraphs."""
    return [" ".join(block.split()) for block in re.split(r"\n\s*\n", text) if block.strip()]


def read_transcript(text: str) -> Document:
    """Return what was said, without the names of the speakers, times, and marks of Markdown."""
    text = re.sub(r"^\*\*[^*\n]*:?\*\*:?", "", text, flags=re.MULTILINE)
    text = re.sub(r"\\?\[\d\d?(:\d\d)+(\.\d+)?\\?\]", "", text)
    text = re.sub(r"!?\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)
    return read_plain(re.sub(r"\\(?=[^\w\s])|[*`]|^#+ ", "", text, flags=re.MULTILINE))


SOURCES = {
    "litbank_novels": Source("litbank.tar.gz", r"/original/[^/]+\.txt$", read_plain, is_long=True),
    "changelog_transcripts": Source("transcripts.tar.gz", r"^[^/]+/[a-z]+/[^/]+\.md$", read_transcript, is_long=False),
}

if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
