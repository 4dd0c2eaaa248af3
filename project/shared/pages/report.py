"""Sections as a page for a browser and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from spacy_elmo.search.page.write import base_style
from spacy_elmo.util.staging import staged

from .markup import Section, cell, text

PAGE, MARKDOWN = "report.html", "report.md"


@dataclass(frozen=True)
class Report:
    """What there is to say, in parts.

    Attributes:
        title: Of the page.
        name: What it is about, in a line above the title.
        made: Facts of how it was made.
        sections: The parts.
    """

    title: str
    name: str
    made: Sequence[str]
    sections: Sequence[Section]

    def write(self, folder: Path) -> None:
        """Write both files into a folder, or none of them. The page is one file, which loads nothing.

        Raises:
            WriteError: The system refuses.
        """
        with staged(folder, (PAGE, MARKDOWN)) as stage:
            (stage / PAGE).write_bytes(self.as_page().encode("utf8"))
            (stage / MARKDOWN).write_bytes(self.as_markdown().encode("utf8"))

    def as_page(self) -> str:
        """Return HTML: the sections, and links to them."""
        folder = Path(__file__).parent
        contents = "".join(f'<li><a href="#{part.id}">{text(part.title)}</a></li>' for part in self.sections)
        return Template((folder / "page.html").read_text(encoding="utf8")).substitute(
            title=text(self.title),
            name=text(self.name),
            style=base_style() + (folder / "page.css").read_text(encoding="utf8"),
            made="".join(f'<li dir="auto">{text(fact)}</li>' for fact in self.made),
            contents=contents,
            sections="\n".join(
                f'<section id="{part.id}"><h2>{text(part.title)}</h2>{part.html}</section>' for part in self.sections
            ),
        )

    def as_markdown(self) -> str:
        """Return the same as Markdown."""
        about = ": ".join(filter(None, [self.name, "; ".join(self.made)]))
        lines = [f"# {cell(self.title)}", "", cell(about), ""]
        return "\n".join([*lines, *markdown_sections(self.sections, level=2)])


def markdown_sections(sections: Sequence[Section], *, level: int) -> list[str]:
    """Return lines of Markdown: the sections below headings of a level."""
    lines = []
    for section in sections:
        lines += [f"{'#' * level} {section.title}", "", section.markdown.strip("\n"), ""]
    return lines
