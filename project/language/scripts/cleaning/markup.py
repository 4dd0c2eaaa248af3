"""HTML and XML: what is said in it, without tags, scripts and styles."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

# What begins or ends a paragraph; all other tags lie within one
BLOCKS = frozenset(
    "address article aside blockquote body br button caption cell center dd details dialog div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html l legend lg li main menu nav ol option p para"
    " paragraph pre row section select sp stage summary table tbody td text textarea tfoot th thead title tr ul".split()
)
DOCUMENTS = frozenset(["article", "doc", "document", "item", "page", "tei"])
SKIPPED = frozenset(["script", "style", "svg", "teiheader", "template"])
HTML = re.compile(r"<(!doctype html|html|body|p|div|br|td|li)\b", re.IGNORECASE)
MARKUP = re.compile(rf"\s*<[?!]|<({'|'.join(sorted(BLOCKS | DOCUMENTS | SKIPPED))})\b[^<>]*>", re.IGNORECASE)
TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][\w:.-]*(\s[^<>]*)?/?>|<!\[CDATA\[|\]\]>")
INLINE = re.compile(r"</?(a|abbr|b|em|font|i|mark|small|span|strong|sub|sup|u|wbr)\b[^<>]*>", re.IGNORECASE)
ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
LOOKED_AT = 2**14  # characters by which it shows
FEWEST = 3  # tags
LONGEST_TAG = 2_000_000  # characters that are waited for


def is_markup(head: str) -> bool:
    """Return whether a text is HTML or XML, by how it begins."""
    found = MARKUP.match(head[:LOOKED_AT])
    return bool(found) or (len(MARKUP.findall(head[:LOOKED_AT])) >= FEWEST and head.lstrip().startswith("<"))


def strip_markup(line: str) -> str:
    """Return a line without the tags and entities that were left in plain text."""
    if "<" in line or "]]>" in line:
        line = TAG.sub(" ", INLINE.sub("", line))
    for _ in range(2):  # some are escaped twice
        if "&" in line and ENTITY.search(line):
            line = html.unescape(line)
    return line


class _Reader(HTMLParser):
    """Collects text in `pieces`."""

    def __init__(self, *, has_wrapped_lines: bool):
        super().__init__()
        self.pieces: list[str] = []
        self._skipped: list[str] = []
        self._has_wrapped_lines = has_wrapped_lines

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in SKIPPED:
            self._skipped.append(tag)
        self._break(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._skipped:
            del self._skipped[self._skipped.index(tag) :]
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.pieces.append(re.sub(r"\s*\n\s*", " " if self._has_wrapped_lines else "\n", data))

    def unknown_decl(self, data: str) -> None:
        if data.startswith("CDATA["):
            self.handle_data(data.removeprefix("CDATA["))

    def parse_html_declaration(self, i: int) -> int:
        try:
            return super().parse_html_declaration(i)
        except AssertionError:  # of declarations that it does not know
            return self.parse_bogus_comment(i)

    def _break(self, tag: str) -> None:
        if tag in DOCUMENTS:
            self.pieces.append("\n\n")
        elif tag in BLOCKS:
            self.pieces.append("\n")


def read_markup(chunks: Iterable[str], head: str) -> Iterator[str]:
    """Yield the text of HTML or XML: a line a paragraph, and blank lines around documents alone.

    Args:
        chunks: The markup.
        head: How it begins. In HTML the ends of lines are spaces.
    """
    reader = _Reader(has_wrapped_lines=bool(HTML.search(head[:LOOKED_AT])))
    for chunk in chunks:
        reader.feed(chunk)
        if len(reader.rawdata) > LONGEST_TAG:  # of a tag or a comment that is never closed
            reader.close()
        yield "".join(reader.pieces)
        reader.pieces.clear()
    reader.close()
    yield "".join(reader.pieces)
