"""Tables within a page that people write: they stand between two comments of Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from project.shared.arguments import StepError
from spacy_elmo.util.staging import file_to_write, staged


def insert(page: Path, name: str, lines: Sequence[str]) -> None:
    """Replace what stands between the comment of a name and the next end of tables.

    Args:
        page: The page.
        name: The text of the comment.
        lines: What stands there then.

    Raises:
        StepError: It has no such comments, or is no text.
        OSError: It cannot be read or written. What was there is there still.
    """
    try:
        content = page.read_text(encoding="utf8")
    except UnicodeDecodeError as error:
        raise StepError(f"{page}: not a text in UTF-8 ({error}); name the page that the tables belong to") from error
    before, marker, rest = content.partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition("<!-- end of tables -->\n")
    if not marker or not end:
        raise StepError(f"{page}: no lines <!-- {name} --> and <!-- end of tables -->; add them where tables belong")
    file = file_to_write(page)
    with staged(file.parent, [file.name]) as stage:
        (stage / file.name).write_bytes("\n".join([before + marker, *lines, end + after]).encode("utf8"))
