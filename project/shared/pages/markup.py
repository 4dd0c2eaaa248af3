"""Sections as Markdown and as HTML. What comes from data is escaped here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from wasabi import MarkdownRenderer

from spacy_elmo.util.files import printable


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Attributes:
        title: Its heading.
        markdown: What is below the heading.
        html: The same for the page.
    """

    title: str
    markdown: str
    html: str

    @property
    def id(self) -> str:
        """Return what links lead to."""
        return re.sub(r"\W+", "-", self.title.lower())


@dataclass(frozen=True)
class Table:
    """Cells of plain text.

    Attributes:
        title: What the table shows.
        header: Of the columns.
        rows: Of text, as long as the header each; the first cell names the row.
        groups: Headings over several columns, each with their number; they begin at the second column.
        note: What is to be known of it.
        kind: "figures", "facts", whose header is not shown, or "facts named".
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    groups: Sequence[tuple[str, int]] = ()
    note: str = ""
    kind: str = "figures"


def text(value: object) -> str:
    """Return text for HTML: in one line, with nothing that UTF-8 has not."""
    return escape(_line(value))


def cell(value: object) -> str:
    """Return text for a cell or a line of Markdown."""
    return re.sub(r"([\\|`*\[\]<])", r"\\\1", _line(value)).replace("\\<", "&lt;")


def without_empty(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows without the columns that have nothing in any row."""
    kept = [i for i in range(len(header)) if any(row[i] for row in rows)]
    return [header[i] for i in kept], [[row[i] for i in kept] for row in rows]


def markdown_table(table: Table) -> str:
    """Return a table of Markdown, with its title and its note."""
    names = ["", *(f"{name}: " for name, count in table.groups for _ in range(count))]
    header = [names[i] + title if table.groups else title for i, title in enumerate(table.header)]
    rows = [list(map(cell, row)) for row in table.rows]
    lines = [f"**{cell(table.title)}**", "", MarkdownRenderer().table(rows, list(map(cell, header))), ""]
    return "\n".join([*lines, *([cell(table.note), ""] if table.note else [])])


def html_table(table: Table) -> str:
    """Return a table that scrolls in a box of its own where it is wider than the screen."""
    note = f'<p class="soft">{text(table.note)}</p>' if table.note else ""
    return f"{scroll_box(table.title, html_rows(table))}{note}"


def html_rows(table: Table) -> str:
    """Return a table alone, without its note."""
    caption = f"<caption>{text(table.title)}</caption>" if table.title else ""
    head = "".join(f'<th scope="col">{text(title)}</th>' for title in table.header)
    groups = "".join(f'<th scope="colgroup" colspan="{count}">{text(name)}</th>' for name, count in table.groups)
    over = f"<tr><td></td>{groups}</tr>" if table.groups else ""
    rows = "".join(f"<tr>{_first(row[0])}{''.join(map(_cell, row[1:]))}</tr>" for row in table.rows)
    return f'<table class="{table.kind}">{caption}<thead>{over}<tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def scroll_box(label: str, content: str) -> str:
    """Return a box that keys can scroll."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{text(label)}">{content}</div>'


def _first(value: str) -> str:
    return f'<th scope="row" dir="auto">{text(value)}</th>'


def _cell(value: str) -> str:
    kind = "" if re.match(r"[+−]0\.0+\b", value) else {"+": ' class="more"', "−": ' class="less"'}.get(value[:1], "")
    return f'<td{kind} dir="auto">{text(value)}</td>'


def _line(value: object) -> str:
    return printable(re.sub(r"\s+", " ", str(value)).strip())
