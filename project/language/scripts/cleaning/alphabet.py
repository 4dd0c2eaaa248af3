"""What the text of a language looks like, by characters; learned from its treebank."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

RARE = 1e-5  # of the letters: a letter as rare as this is a foreign one
OPEN = 150  # different letters of a script, as of Chinese, from which on others of it are taken for known as well
# Logarithms of how likely characters are that the treebank has not
SIGN, CAPITAL, UNSEEN, FOREIGN, NO_TEXT = -11.0, -11.0, -14.0, -16.0, -20.0
LOOKED_AT = 1_000_000  # characters of the treebank
FREQUENT = 400  # trigrams: they are half of all text of a language, and a third of that of its neighbors
UNSPACED = frozenset(["CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"])
FAR = 0.75  # of the share that they have in the treebank: with less, text is of another language
CLEAR = 0.3  # share of the frequent trigrams, less than which says nothing, as in Chinese
# Accents and vowel signs, which `\w` does not have
VOWEL_SIGNS = "".join(chr(i) for i in range(0x10000) if unicodedata.category(chr(i))[0] == "M")
NO_LETTERS = re.compile(rf"(?:[^\w{VOWEL_SIGNS}]|[\d_])+")
FEWEST = 500  # characters by which that can be said


class Alphabet:
    """The characters and trigrams of a treebank.

    Attributes:
        length: Characters of a word with the space behind it, on average.
        has_spaces: Whether words have spaces between them.
        is_composed: Whether its letters are composed with their accents, as Unicode's NFC has them.
    """

    def __init__(self, texts: Iterable[str], n_words: int):
        """Learn from sentences that have so many words."""
        texts = list(texts)
        counts = Counter(character for text in texts for character in text)
        self.has_spaces = counts[" "] * 10 > n_words
        if self.has_spaces and _is_unspaced(counts):  # of a file that has a word a line
            self.has_spaces = False
            texts = [text.replace(" ", "") for text in texts]
            del counts[" "]
        size = max(1, sum(counts.values()))
        letters: Counter[str] = Counter()
        for character, n in counts.items():
            if character.isalpha():
                letters.update(dict.fromkeys(character.casefold(), n))  # some letters become two
        least = RARE * sum(letters.values())
        self.letters = frozenset(letter for letter, n in letters.items() if n >= least)
        scripts = Counter(script_of(letter) for letter in self.letters)
        self.scripts = frozenset(scripts)
        self._open = frozenset(script for script, n in scripts.items() if n > OPEN)
        self._logs = {character: math.log(n / size) for character, n in counts.items()}
        self._is_unknown = lru_cache(2**17)(lambda character: character.isalpha() and not self.knows(character))
        self.length = max(1.0, size / max(1, n_words))
        self.is_composed = all(unicodedata.is_normalized("NFC", text) for text in texts)
        own = [text for i, text in enumerate(texts) if i % 10]
        found = Counter(trigrams(islice((c for text in own for c in f"{text} ".casefold()), LOOKED_AT)))
        self._trigrams = frozenset(trigram for trigram, _ in found.most_common(FREQUENT))
        self._own_share = self._known_share(" ".join(texts[::10])[: LOOKED_AT // 10])

    def likelihood(self, text: str) -> float:
        """Return how likely text is, by its characters: the sum of their logarithms."""
        return sum(n * self._log(character) for character, n in Counter(text).items())

    def knows(self, letter: str) -> bool:
        """Return whether a letter is one of the treebank's, or of a script that has too many for a treebank."""
        return self.letters.issuperset(letter.casefold()) or script_of(letter) in self._open

    def knows_most(self, text: str, share: float = 0.8) -> bool:
        """Return whether at least a share of the letters of a text is known."""
        unknown = [character for character in set(text) if self._is_unknown(character)]
        if not unknown:
            return True
        n_unknown = sum(map(text.count, unknown))
        return n_unknown <= (1 - share) * sum(map(str.isalpha, text))

    def words(self, text: str) -> float:
        """Return how many words a text has, about, by its length."""
        return (len(text) + 1) / self.length

    def is_far(self, text: str) -> bool:
        """Return whether a text seems to be of another language, by its trigrams; not where that cannot be said."""
        is_clear = len(text) >= FEWEST and self._own_share >= CLEAR
        return is_clear and self._known_share(text) < FAR * self._own_share

    def _known_share(self, text: str) -> float:
        found = trigrams(text.casefold())
        return sum(map(self._trigrams.__contains__, found)) / max(1, len(found))

    def _log(self, character: str) -> float:
        found = self._logs.get(character)
        if found is not None:
            return found
        kind = unicodedata.category(character)[0]
        if character == "\ufffd" or (kind == "C" and character not in "\r\n\t"):
            return NO_TEXT
        if kind not in "LM":
            return SIGN
        if self.letters.issuperset(character.casefold()):
            return CAPITAL
        return UNSEEN if script_of(character) in self.scripts else FOREIGN


def _is_unspaced(counts: Counter[str]) -> bool:
    """Return whether most letters are of scripts that have no spaces between words."""
    letters = {character: n for character, n in counts.items() if character.isalpha()}
    unspaced = sum(n for letter, n in letters.items() if script_of(letter) in UNSPACED)
    return 2 * unspaced > sum(letters.values())


def trigrams(characters: Iterable[str]) -> list[str]:
    """Return the trigrams of characters; marks and digits are as spaces."""
    text = NO_LETTERS.sub(" ", "".join(characters))
    return [text[i : i + 3] for i in range(len(text) - 2)]


@lru_cache(2**17)
def script_of(letter: str) -> str:
    """Return the script of a letter: the first word of its name, as LATIN or CJK."""
    return unicodedata.name(letter, "").partition(" ")[0]
