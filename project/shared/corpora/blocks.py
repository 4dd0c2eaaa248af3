"""What stands between empty lines of CoNLL-U: words with their columns, multiword tokens, and where spaces are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from project.shared.assets import CorpusError

from .lines import Line, check_line
from .merging import Multiword

COLUMNS = "ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC".split()
RANGE, EMPTY_NODE = (re.compile(form) for form in (r"(\d{1,9})-(\d{1,9})", r"\d+\.\d+"))
TEXT = re.compile(r"#\s*text\s*=(.*)")
DOCUMENT = re.compile(r"#\s*newdoc\b")
NAMES = re.compile(r"#\s*global\.columns\s*=(.*)")
Word = tuple[int, list[str]]  # the number of a line, and its ten columns


class Block(NamedTuple):
    """A sentence.

    Attributes:
        words: Its words.
        spaced: Which of them a space follows.
        multiword: Its multiword tokens.
        document: The number of its document, 0 before the first that the file names.
        tells_spaces: Whether `# text` or SpaceAfter=No shows that the file knows of spaces.
    """

    words: list[Word]
    spaced: list[bool]
    multiword: list[Multiword]
    document: int
    tells_spaces: bool


def opens_document(lines: list[Line]) -> bool:
    """Return whether a new document begins with these lines."""
    return any(DOCUMENT.match(line) for _, line in lines)


def find_columns(path: Path, sample: list[Line]) -> list[str]:
    """Return the names of a file's columns: those that it gives itself, or the first of the ten.

    Raises CorpusError where there are no words among them.
    """
    widths = Counter(line.count("\t") + 1 for _, line in sample if not line.startswith("#"))
    width = widths.most_common(1)[0][0] if widths else len(COLUMNS)
    given = next((found[1].split() for _, line in sample if (found := NAMES.match(line))), COLUMNS)
    names = given if len(given) == width and {"ID", "FORM"} <= set(given) else COLUMNS[:width]
    if not {"ID", "FORM"} <= set(names):
        what = _count(COLUMNS[:width])
        raise CorpusError(f"{path}:{sample[0][0]}: {what} where CoNLL-U has 10, with tabs between them")
    return names


def read_block(path: Path, lines: list[Line], names: Sequence[str], document: int) -> Block:
    """Read what stands between empty lines. Empty nodes are left out.

    The words of a multiword token stand together. Spaces are those of `# text` where it is made of these words, and
    else those of MISC.

    Raises:
        CorpusError: For a line with other columns, and for an ID or a FORM that is none.
    """
    words: list[Word] = []
    spaced: list[bool] = []
    multiword: list[Multiword] = []
    tells_spaces = False
    joined: dict[int, bool] = {}  # number of a word: whether a space follows, where a multiword token says it
    for number, line in lines:
        check_line(path, number, line)
        if line.startswith("#"):
            continue
        row = _read_row(path, number, line, names)
        is_spaced = "SpaceAfter=No" not in row[-1].split("|")
        tells_spaces |= not is_spaced
        if found := RANGE.fullmatch(row[0]):
            first, last = int(found[1]), int(found[2])
            is_next = first == len(words) + 1 and not (multiword and multiword[-1].end >= first)
            if not is_next or not first <= last < first + len(lines):
                raise CorpusError(f"{path}:{number}: ID = {row[0]!r}: must be the range of the words that follow")
            joined |= {**dict.fromkeys(range(first, last), False), last: is_spaced}
            multiword.append(Multiword(row[1], first - 1, last))
        elif not EMPTY_NODE.fullmatch(row[0]):
            if row[0] != str(len(words) + 1):
                raise CorpusError(f"{path}:{number}: ID = {row[0]!r}: must be {len(words) + 1}, the next word")
            words.append((number, row))
            spaced.append(joined.get(len(words), is_spaced))
    if multiword and multiword[-1].end > len(words):
        raise CorpusError(f"{path}:{lines[-1][0]}: {len(words)} words, and not all of {multiword[-1].form!r}")
    text = next((found[1].strip() for _, line in lines if (found := TEXT.match(line))), "")
    of_text = _find_spaces(text, words, multiword)
    spaced[:-1] = of_text[:-1] or spaced[:-1]  # what follows the last is not in the text
    return Block(words, spaced, multiword, document, tells_spaces or bool(of_text))


def _read_row(path: Path, number: int, line: str, names: Sequence[str]) -> list[str]:
    """Return the ten columns of a line, `_` where the file does not have one."""
    cells = line.split("\t")
    if len(cells) != len(names):
        needed = "CoNLL-U has 10" if len(names) == len(COLUMNS) else f"{len(names)} are needed, as most lines have"
        raise CorpusError(f"{path}:{number}: {_count(cells)} where {needed}, with tabs between them")
    found = dict(zip(names, cells))
    if not found["FORM"].strip():
        raise CorpusError(f"{path}:{number}: FORM is empty; every word needs one")
    return [found.get(name, "_") or "_" for name in COLUMNS]


def _count(cells: Sequence[str]) -> str:
    return f"{len(cells)} column{'' if len(cells) == 1 else 's'}"


def _find_spaces(text: str, words: list[Word], multiword: list[Multiword]) -> list[bool]:
    """Return which words a space follows in a text, nothing where it is not made of them."""
    spaced = [False] * len(words)
    ends = {m.start: m for m in multiword}
    at = i = 0
    while i < len(words):
        form, i = (ends[i].form, ends[i].end) if i in ends else (words[i][1][1], i + 1)
        if not text.startswith(form, at):
            return []
        at += len(form)
        spaced[i - 1] = text[at : at + 1].isspace()
        at += len(text[at:]) - len(text[at:].lstrip())
    return spaced if at == len(text) else []
