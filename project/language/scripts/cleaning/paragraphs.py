"""Which paragraphs are left out, and why."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import accumulate
from unicodedata import east_asian_width

from .alphabet import VOWEL_SIGNS, Alphabet
from .lines import MARKS

NO_SENTENCE = "no sentence: signs, numbers, code or menus"
BROKEN = "bytes that are no text"
FOREIGN = "letters that the treebank does not have"
DOUBLE = "said before"
HELD_OUT = "sentences of the treebank's dev or test part"

NO_KEY = re.compile(rf"[^\w{VOWEL_SIGNS}]+|_+")
DIGITS = re.compile(r"\d+")
SEPARATORS = re.compile(r"[|•→]")
LONGEST_WORD = 200  # characters, in a language that has spaces
LONG = 25  # letters and digits: as long a paragraph comes once, as long a sentence is looked for
LONG_WIDE = 10  # likewise where a character is a syllable or more
MOST_SHORT = 20  # times that a shorter paragraph comes
MASK = 2**64 - 1


def key_of(text: str) -> str:
    """Return letters and digits alone, without case: what is compared."""
    return NO_KEY.sub("", text.casefold())


def find_fault(text: str, key: str, alphabet: Alphabet, *, is_markup: bool) -> str:
    """Return why a paragraph is no text of the language, "" where it is."""
    if "\ufffd" in text:
        return BROKEN
    if 3 * len(DIGITS.sub("", key)) < len(text) - text.count(" ") or text.count("{") + text.count("}") > 1:
        return NO_SENTENCE
    if not alphabet.knows_most(text):
        return FOREIGN
    if alphabet.has_spaces and len(text) > LONGEST_WORD and max(map(len, text.split())) > LONGEST_WORD:
        return NO_SENTENCE
    ends = text.rstrip("\"'”’»)]").endswith(tuple(MARKS))
    is_short = len(key) < LONG and len(text.split()) < 4
    if not ends and (len(SEPARATORS.findall(text)) > 1 or (is_markup and is_short)):
        return NO_SENTENCE
    return ""


class Seen:
    """Digests of what was seen, 8 bytes each, in a table that is at most half full."""

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 * 2**12))
        self._n = 0

    def add(self, digest: int) -> bool:
        """Add a digest, and return whether it is new."""
        digest = digest or 1  # 0 is an empty place
        place = self._find(digest)
        if self._table[place]:
            return False
        self._table[place] = digest
        self._n += 1
        if 2 * self._n > len(self._table):
            old, self._table = self._table, array("Q", bytes(32 * self._n))
            for digest in filter(None, old):
                self._table[self._find(digest)] = digest
        return True

    def is_double(self, key: str) -> bool:
        """Add the key of a paragraph, and return whether that came before, or often where it is short."""
        digest = int.from_bytes(blake2b(key.encode("utf8", "replace"), digest_size=8).digest(), "little")
        times = 1 if len(key) >= LONG else MOST_SHORT
        return not any(self.add((digest + i * 0x9E3779B97F4A7C15) & MASK) for i in range(times))

    def _find(self, digest: int) -> int:
        table, n = self._table, len(self._table)
        place = digest % n
        while table[place] not in (0, digest):
            place = (place + 1) % n
        return place


class Sentences:
    """Sentences that are looked for in text, by their letters and digits; short ones are not."""

    def __init__(self, texts: Iterable[str]):
        self._windows: dict[int, dict[str, list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
        for key in map(key_of, texts):
            size = LONG_WIDE if key and east_asian_width(key[0]) in "WF" else LONG
            step, width = _windows(size)
            if len(key) >= size:
                for offset in range(step):
                    self._windows[size][key[offset : offset + width]].append((key, offset))

    def find(self, keys: Sequence[str]) -> set[int]:
        """Return which paragraphs have a part of one of the sentences, by the keys of all paragraphs of a document."""
        text = "".join(keys)
        ends = list(accumulate(map(len, keys)))
        found: set[int] = set()
        for size, windows in self._windows.items():
            step, width = _windows(size)
            places = [i for i in range(0, len(text) - width + 1, step) if text[i : i + width] in windows]
            for i in places:
                for key, offset in windows[text[i : i + width]]:
                    start = i - offset
                    if start >= 0 and text.startswith(key, start):
                        found.update(range(bisect_right(ends, start), bisect_right(ends, start + len(key) - 1) + 1))
        return found


def _windows(size: int) -> tuple[int, int]:
    """Return how far windows of a text are apart, and their width: one of them lies in each sentence of this size."""
    step = size // 3
    return step, size - step + 1
