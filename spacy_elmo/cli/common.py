"""What the commands share."""

from __future__ import annotations

import shutil
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


def write_config(path: Path, text: str, *, force: bool) -> None:
    """Write a file as a whole or not at all. One in its place may have been edited by hand: it is kept, once."""
    from ..util.files import staged

    kept = path.with_name(f"{path.name}.bak")
    if path.exists() and kept.exists() and not force:
        raise ValueError(f"{path}: exists, and so does {kept.name}; choose another name, or --force to replace both")
    with staged(path.parent, [path.name]) as stage:
        if path.exists():
            shutil.copy2(path, stage / kept.name)
        (stage / path.name).write_text(text + "\n", encoding="utf8")
