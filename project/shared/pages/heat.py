"""Tables whose cells are the darker the more they have."""

from __future__ import annotations

from collections.abc import Sequence

from .markup import scroll_box, text

Square = tuple[str, float]  # what a cell says, and how dark it is, from 0 to 1


def heat_table(title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[Square]]]) -> str:
    """Return a table that scrolls in a box of its own where it is wider than the screen.

    Args:
        title: What rows and columns are.
        columns: Their names.
        rows: The name of each, and its cells.
    """
    head = "".join(f'<th scope="col"><span>{text(name)}</span></th>' for name in columns)
    lines = [f'<tr><th scope="row">{text(name)}</th>{"".join(map(_cell, squares))}</tr>' for name, squares in rows]
    table = (
        f'<table class="heat"><caption>{text(title)}</caption><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )
    return scroll_box(title, table)


def _cell(square: Square) -> str:
    said, share = square
    return f'<td style="--share:{share:.2f}">{text(said)}</td>' if share else f"<td>{text(said)}</td>"
