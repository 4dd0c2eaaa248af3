"""Lines of text files, with their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from project.shared.assets import CorpusError
from spacy_elmo.util.text_files import open_text, refuse_nul


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file of UTF-8 text, which may be compressed, from number 1 on and without their ends.

    Raises:
        CorpusError: For a file that cannot be read, or is no such text.
    """
    with open_text(path, error=CorpusError) as file:
        for number, line in enumerate(file.lines, start=1):
            refuse_nul(line)
            yield number, line.rstrip("\r\n")
