"""What the commands share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wasabi import msg

from ..util.files import printable
from ..util.staging import file_to_write, is_stage, staged


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn an error of the block into one message and exit code 1."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        msg.fail(printable(_message(error)), exits=1)


def _message(error: Exception) -> str:
    from thinc.api import ConfigValidationError

    if isinstance(error, ConfigValidationError):  # whose text ends in all settings around the one that is wrong
        error = ConfigValidationError.from_error(error, show_config=False)
    return str(error).strip()


def check_target(dest: Path, *, force: bool) -> None:
    """Check that a directory can be written to without mixing its files with others.

    Args:
        dest: The directory, which may be missing.
        force: Whether other files do not matter.

    Raises:
        ValueError: Where it has files already, or is no directory.
    """
    if os.path.lexists(dest) and not dest.is_dir():
        raise ValueError(f"{dest}: a file, a device or a circle of links; name a directory")
    if dest.is_dir() and not force and not all(is_stage(path) for path in dest.iterdir()):
        raise ValueError(f"{dest}: not empty; choose another place, or use --force to replace the model in it")


def write_text(path: Path, text: str, *, force: bool) -> None:
    """Write a text file, as a whole or not at all.

    A file in its place may have been edited by hand: it is kept as NAME.bak, once.

    Args:
        path: The file.
        text: Its text, without the last line end.
        force: Whether to replace a file that was kept before.

    Raises:
        ValueError: Where a file was kept before.
        WriteError: Where the file cannot be written, or the path names something else than a file.
    """
    file = file_to_write(path)
    kept = file.with_name(f"{file.name}.bak")
    if file.exists() and os.path.lexists(kept) and not force:
        raise ValueError(f"{path}: exists, and so does {kept.name}; choose another name, or --force to replace both")
    with staged(file.parent, [file.name]) as stage:
        if file.exists():
            shutil.copy2(file, stage / kept.name)
        (stage / file.name).write_text(text + "\n", encoding="utf8")
