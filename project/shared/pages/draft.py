"""A section that grows part by part, as Markdown and as HTML at once."""

from __future__ import annotations

from collections.abc import Sequence

from .markup import Section, Table, cell, html_table, markdown_table, text


class Draft:
    """A section without its end.

    Args:
        title: Its heading.
    """

    def __init__(self, title: str):
        self.title = title
        self._markdown: list[str] = []
        self._html: list[str] = []

    def say(self, said: str) -> None:
        """Add a paragraph."""
        self._markdown += [cell(said), ""]
        self._html.append(f"<p>{text(said)}</p>")

    def items(self, said: Sequence[str]) -> None:
        """Add a list, where there is anything in it."""
        if said:
            self._markdown += [*(f"- {cell(one)}" for one in said), ""]
            self._html.append(f"<ul>{''.join(f'<li>{text(one)}</li>' for one in said)}</ul>")

    def table(self, table: Table, *, folded: bool = False) -> None:
        """Add a table.

        Args:
            table: What it has.
            folded: Whether the page shows it on demand alone.
        """
        self._markdown.append(markdown_table(table))
        shown = html_table(table)
        self._html.append(f"<details><summary>{text(table.title)}</summary>{shown}</details>" if folded else shown)

    def html(self, html: str) -> None:
        """Add what the page alone has: Markdown has it as a table."""
        self._html.append(html)

    def end(self) -> Section:
        """Return the section."""
        return Section(self.title, "\n".join(self._markdown), "".join(self._html))
