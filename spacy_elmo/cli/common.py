"""What the commands share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wasabi import msg


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn an error of the block into one message and exit code 1."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        msg.fail(str(error), exits=1)


def check_target(dest: Path, *, force: bool) -> None:
    """Check that a directory can be written to without mixing its files with others.

    Args:
        dest: The directory, which may be missing.
        force: Whether other files do not matter.

    Raises:
        ValueError: Where it has files already.
    """
    if dest.is_dir() and any(dest.iterdir()) and not force:
        raise ValueError(f"{dest}: not empty; choose another place, or use --force to replace the model in it")


def format_size(size: int) -> str:
    """Return a number of bytes in megabytes, for people."""
    return f"{size / 1e6:.1f} MB"


def write_config(path: Path, text: str, *, force: bool) -> None:
    """Write a config file, as a whole or not at all.

    A file in its place may have been edited by hand: it is kept as NAME.bak, once.

    Args:
        path: The file.
        text: The config.
        force: Whether to replace a file that was kept before.

    Raises:
        ValueError: Where a file was kept before.
        WriteError: Where the file cannot be written.
    """
    from ..util.files import staged

    kept = path.with_name(f"{path.name}.bak")
    if path.exists() and kept.exists() and not force:
        raise ValueError(f"{path}: exists, and so does {kept.name}; choose another name, or --force to replace both")
    with staged(path.parent, [path.name]) as stage:
        if path.exists():
            shutil.copy2(path, stage / kept.name)
        (stage / path.name).write_text(text + "\n", encoding="utf8")
