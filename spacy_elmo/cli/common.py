"""What the commands share."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from wasabi import msg


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what is wrong with a command's input into one message and exit code 1."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        msg.fail(str(error), exits=1)


def check_target(dest: Path, *, force: bool) -> None:
    """Raise ValueError where a directory to write has other files already."""
    if dest.is_dir() and any(dest.iterdir()) and not force:
        raise ValueError(f"{dest}: not empty; choose another place, or use --force to replace the model in it")


def format_size(size: int) -> str:
    """Return a number of bytes for people."""
    return f"{size / 1e6:.1f} MB"
