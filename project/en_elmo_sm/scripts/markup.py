"""Texts of novels, transcripts and manuals out of their markup: a document is a list of paragraphs."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

from markdown_it import MarkdownIt

Document = list[str]

TEI = "{http://www.tei-c.org/ns/1.0}"
KEPT = ("text", "code_inline", "softbreak", "hardbreak")  # parts of a paragraph of Markdown
SHORTEST = 6  # words of a paragraph of a manual: what is shorter names things
# Novels that LitBank has too, and novels of authors who died after 1955
LEFT_OUT = re.compile(
    r"Middlemarch|Silas Marner|Bleak House|Wuthering Heights|Howards End|Man Who Was Thursday|Night and Day"
    r"|Alice's Adventures|Phillpotts|Lewis, (?:Percy )?Wyndham|West, Rebecca|Arlen"
)


def read_plain(text: str) -> Document:
    """Return the paragraphs of text with broken lines and blank lines between paragraphs."""
    return [" ".join(block.split()) for block in re.split(r"\n\s*\n", text) if block.strip()]


def read_transcript(text: str) -> Document:
    """Return what was said, without the names of the speakers, times, and marks of Markdown."""
    text = re.sub(r"^\*\*[^*\n]*:?\*\*:?", "", text, flags=re.MULTILINE)
    text = re.sub(r"\\?\[\d\d?(:\d\d)+(\.\d+)?\\?\]", "", text)
    text = re.sub(r"!?\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)
    return read_plain(re.sub(r"\\(?=[^\w\s])|[*`]|^#+ ", "", text, flags=re.MULTILINE))


def read_tei(text: str) -> Document:
    """Return the paragraphs of a novel of ELTeC, without notes; nothing for one that is left out."""
    root = ElementTree.fromstring(re.sub(r"^.*?\?>", "", text, count=1, flags=re.DOTALL))
    header, body = root.find(f"{TEI}teiHeader"), root.find(f"{TEI}text/{TEI}body")
    if header is None or body is None or LEFT_OUT.search("".join(header.itertext())):
        return []
    for note in [*body.iter(f"{TEI}note"), *body.iter(f"{TEI}ref")]:
        tail = note.tail
        note.clear()  # and what comes after it
        note.tail = tail
    found = (" ".join("".join(p.itertext()).split()) for p in body.iter(f"{TEI}p"))
    return [paragraph for paragraph in found if re.search(r"[a-z]", paragraph)]


def read_markdown(text: str) -> Document:
    """Return the paragraphs, items and quotes of a page, without code, tables, headings and front matter."""
    tokens = MarkdownIt().enable("table").parse(re.sub(r"\A\ufeff?---\n.*?\n---\n", "", text, flags=re.DOTALL))
    found = []
    for before, token in pairwise(tokens):
        if before.type == "paragraph_open" and token.children:
            kept = (" " if "break" in part.type else part.content for part in token.children if part.type in KEPT)
            words = re.sub(r"\{\{.*?\}\}", "", "".join(kept)).split()
            found += [" ".join(words)] if len(words) >= SHORTEST else []
    return found
