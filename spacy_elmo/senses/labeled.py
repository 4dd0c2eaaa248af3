"""Uses of words whose sense is known, one a line: the word, a tab, the name of its sense, a tab, a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from spacy.tokens import Doc, Token

from ..util.files import check_file
from ..util.text_files import open_text, refuse_nul

COLUMNS = ("word", "sense", "sentence")
Senses = dict[str, dict[str, list["LabeledUse"]]]  # uses by word and sense, in the order of the first of each


class LabeledUse(NamedTuple):
    """A use of a word whose sense is known.

    Attributes:
        word: The word, as it is spelled in the sentence.
        sense: A name for its sense.
        sentence: The sentence, which has the word once.
        place: Where it is written down, for messages.
    """

    word: str
    sense: str
    sentence: str
    place: str


def read_labeled(path: str | Path) -> list[LabeledUse]:
    """Read a file of labeled uses.

    Args:
        path: A file of UTF-8 text, which may be compressed. Empty lines, lines without a tab that begin with `#`, and
            a line with the names of the columns are left out.

    Raises:
        ValueError: There is no such file, it is no text, or a line has not three columns.
    """
    path = Path(path)
    check_file(path, missing="correct the path of the examples")
    with open_text(path) as text:
        return list(parse_labeled(text.lines, str(path)))


def parse_labeled(lines: Iterable[str], source: str, *, start: int = 1) -> Iterator[LabeledUse]:
    """Yield the labeled uses of lines, see `read_labeled`.

    Args:
        lines: The lines.
        source: Where they come from, for messages.
        start: Number of the first line there.

    Raises:
        ValueError: For a line that has not three columns.
    """
    for number, line in enumerate(lines, start=start):
        refuse_nul(line)
        if not line.strip() or (line.startswith("#") and "\t" not in line):
            continue
        columns = tuple(" ".join(column.split()) for column in line.split("\t"))
        if len(columns) != 3 or not all(columns):
            problem = f"{len(columns)} columns" if len(columns) != 3 else "an empty column"
            raise ValueError(f"{source}:{number}: {problem}; give a word, its sense and a sentence, with tabs between")
        if columns != COLUMNS:
            yield LabeledUse(*columns, f"{source}:{number}")


def format_labeled(uses: Iterable[LabeledUse]) -> str:
    """Return the text that `parse_labeled` reads."""
    return "".join(f"{use.word}\t{use.sense}\t{use.sentence}\n" for use in uses)


def group_by_sense(uses: Iterable[LabeledUse], source: str, *, smallest: int = 1) -> Senses:
    """Return labeled uses by word and sense.

    Args:
        uses: The uses.
        source: Where they come from, for messages.
        smallest: How many uses a sense needs.

    Raises:
        ValueError: Where there are none, one is there twice, a word has one sense alone, or a sense too few uses.
    """
    found: Senses = {}
    earlier: dict[tuple[str, str], str] = {}
    for use in uses:
        before = earlier.setdefault((use.word, use.sentence), use.place)
        if before != use.place:
            raise ValueError(f"{use.place}: the same word and sentence as in {before}; take one of them out")
        found.setdefault(use.word, {}).setdefault(use.sense, []).append(use)
    if not found:
        raise ValueError(f"{source}: no examples; give a word, its sense and a sentence a line, with tabs between")
    for word, senses in found.items():
        for sense, examples in senses.items():
            place = examples[0].place
            if len(senses) == 1:
                problem = f"{word!r} has no other sense than {sense!r}"
                raise ValueError(f"{place}: {problem}; add uses in another sense, or take the word out")
            if len(examples) < smallest:
                problem = f"{word!r} has {len(examples)} use in the sense {sense!r}, which is compared with no other"
                raise ValueError(f"{place}: {problem}; add at least {smallest - len(examples)}, or take it out")
    return found


def find_use(doc: Doc, use: LabeledUse) -> Token:
    """Return the token of the word in the Doc of its sentence.

    Raises:
        ValueError: Where no token is the word, or several are.
    """
    found = [token for token in doc if token.text == use.word]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"{use.place}: {use.word!r} is {len(found)} times in the sentence; give one that has it once")
    tokens = " | ".join(token.text for token in doc)
    remedy = "spell the word as it is in the sentence"
    raise ValueError(f"{use.place}: {use.word!r} is none of the words of the sentence ({tokens}); {remedy}")
