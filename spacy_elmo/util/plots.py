"""Figures of matplotlib as files, whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from .staging import file_to_write, staged

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure in the format of the file's suffix, PNG where it has none.

    Args:
        figure: What to draw.
        path: The file; its directory is made if it is missing.

    Raises:
        ValueError: matplotlib does not know the format.
        WriteError: The file cannot be written.
    """
    drawn = io.BytesIO()
    figure.savefig(drawn, format=path.suffix[1:] or "png")
    file = file_to_write(path)
    with staged(file.parent, [file.name]) as stage:
        (stage / file.name).write_bytes(drawn.getvalue())
