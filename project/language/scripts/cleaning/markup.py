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
CLOSED = frozenset(["svg", "template"])  # of these, what is skipped only if they are closed
WHOLE = DOCUMENTS | {"body", "head", "html"}  # that begin a file of markup; others may stand in plain text
HTML = re.compile(r"<(!doctype html|html|body|p|div|br|td|li)\b", re.IGNORECASE)
START = re.compile(rf"\s*<([?!]|({'|'.join(sorted(WHOLE))})\b[^<>]*>)", re.IGNORECASE)
MARKUP = re.compile(rf"<({'|'.join(sorted(BLOCKS | DOCUMENTS | SKIPPED))})\b[^<>]*>", re.IGNORECASE)
TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][\w:.-]*(\s[^<>]*)?/?>|<!\[CDATA\[|\]\]>")
INLINE = re.compile(r"</?(a|abbr|b|em|font|i|mark|small|span|strong|sub|sup|u|wbr)\b[^<>]*>", re.IGNORECASE)
ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
LOOKED_AT = 2**14  # characters by which it shows
FEWEST = 3  # tags
LONGEST = 2_000_000  # characters that the end of a tag or of an element is waited for


def is_markup(head: str) -> bool:
    """Return whether a text is HTML or XML, by how it begins."""
    head = head[:LOOKED_AT]
    return bool(START.match(head)) or (len(MARKUP.findall(head)) >= FEWEST and head.lstrip().startswith("<"))


def strip_markup(line: str) -> str:
    """Return a line without the tags and entities that were left in plain text."""
    line = _strip_tags(line)
    for _ in range(2):  # some are escaped twice
        if "&" in line and ENTITY.search(line):
            line = _strip_tags(html.unescape(line))
    return line


def _strip_tags(line: str) -> str:
    return TAG.sub(" ", INLINE.sub("", line)) if "<" in line or "]]>" in line else line


class _Reader(HTMLParser):
    """Collects text."""

    def __init__(self, *, has_wrapped_lines: bool):
        super().__init__()
        self._pieces: list[str] = []
        self._skipped: list[str] = []
        self._start = 0  # the number of pieces before what is skipped
        self._has_wrapped_lines = has_wrapped_lines

    def take(self) -> str:
        """Return the text since the last time; that of an element which is skipped is waited for until it is closed."""
        held = self._pieces[self._start :] if self._skipped else []
        if sum(map(len, held)) > LONGEST:
            self._skipped, held = [tag for tag in self._skipped if tag not in CLOSED], []
        taken = self._pieces[: len(self._pieces) - len(held)]
        self._pieces, self._start = held, 0
        return "".join(taken)

    def take_rest(self) -> str:
        """Return the text that is left, that of elements which were never closed too."""
        self.close()
        return "".join(self._pieces)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in SKIPPED:
            if not self._skipped:
                self._start = len(self._pieces)
            self._skipped.append(tag)
        self._break(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._skipped:
            del self._skipped[self._skipped.index(tag) :]
            if not self._skipped:
                del self._pieces[self._start :]
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if CLOSED.issuperset(self._skipped):
            self._pieces.append(re.sub(r"\s*\n\s*", " " if self._has_wrapped_lines else "\n", data))

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
            self._pieces.append("\n\n")
        elif tag in BLOCKS:
            self._pieces.append("\n")


def read_markup(chunks: Iterable[str], head: str) -> Iterator[str]:
    """Yield the text of HTML or XML: a line a paragraph, and blank lines around documents alone.

    Args:
        chunks: The markup.
        head: How it begins. In HTML the ends of lines are spaces.
    """
    reader = _Reader(has_wrapped_lines=bool(HTML.search(head[:LOOKED_AT])))
    for chunk in chunks:
        reader.feed(chunk)
        if len(reader.rawdata) > LONGEST:  # of a tag or a comment that is never closed
            reader.close()
        yield reader.take()
    yield reader.take_rest()
