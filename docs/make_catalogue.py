"""Write the table of published models into docs/models.md: `python docs/make_catalogue.py`."""

from __future__ import annotations

import re
from itertools import starmap
from pathlib import Path

from spacy_elmo.models.catalogue import catalogue_rows, read_catalogue

PAGE = Path(__file__).parent / "models.md"
TABLE = re.compile(r"(?<=<!-- made by docs/make_catalogue.py -->\n).*?(?=\n\n|\n?\Z)", re.DOTALL)


def make_page() -> str:
    """Return the text of the page, with the table of now."""
    header, *rows = catalogue_rows(read_catalogue().values())
    lines = [_line(*header), "|" + "---|" * len(header), *starmap(_line, [(f"`{name}`", *row) for name, *row in rows])]
    return TABLE.sub("\n".join(lines), PAGE.read_text(encoding="utf8"), count=1)


def _line(*cells: str) -> str:
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf8")
