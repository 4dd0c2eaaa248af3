"""The first sense of a word in WordNet: `index.noun`, `data.noun` and so on, as Princeton has them (wndb(5WN))."""

from __future__ import annotations

from pathlib import Path

from project.shared.assets import CorpusError

FILES = {"NOUN": "noun", "VERB": "verb", "ADJ": "adj", "ADV": "adv"}
TYPES = {"n": 1, "v": 2, "a": 3, "r": 4, "s": 5}  # of sense keys (senseidx(5WN))
SIMILAR = "&"  # from a satellite to its head


class WordNet:
    """First senses by lemma and part of speech.

    Args:
        folder: Of WordNet's files.

    Raises:
        CorpusError: One of them is missing or cannot be read.
    """

    def __init__(self, folder: Path):
        self._offsets: dict[tuple[str, str], int] = {}
        self._data: dict[str, bytes] = {}
        self._folder = folder
        for pos, name in FILES.items():
            try:
                index = (folder / f"index.{name}").read_text(encoding="utf8")
                self._data[pos] = (folder / f"data.{name}").read_bytes()
            except (OSError, UnicodeDecodeError) as error:
                raise CorpusError(f"{folder}: index.{name} or data.{name} cannot be read ({error})") from error
            for number, line in enumerate(index.split("\n"), start=1):
                if line and not line.startswith(" "):  # of the licence
                    try:
                        lemma, _, count, *others = line.split()
                        self._offsets[lemma, pos] = int(others[-int(count)])
                    except (ValueError, IndexError) as error:
                        raise CorpusError(f"{folder}/index.{name}:{number}: no sense; get it again") from error

    def first_sense(self, lemma: str, pos: str) -> str | None:
        """Return the key of the most frequent sense, as "bank%1:17:01::"; None for a lemma that WordNet lacks.

        Args:
            lemma: The lemma.
            pos: "NOUN", "VERB", "ADJ" or "ADV"; other words are none of WordNet's.

        Raises:
            CorpusError: The files contradict each other.
        """
        lemma = lemma.lower().replace(" ", "_")
        offset = self._offsets.get((lemma, pos))
        if offset is None:
            return None
        try:
            file_number, kind, words, pointers = self._read(pos, offset)
            number = {word.partition("(")[0]: n for word, n in reversed(words)}[lemma]
            head = ":"
            if kind == "s":
                target = next(int(place) for symbol, place in pointers if symbol == SIMILAR)
                (word, head_number), *_ = self._read(pos, target)[2]
                head = f"{word}:{head_number:02d}"
        except (KeyError, ValueError, IndexError, StopIteration) as error:
            problem = f"index and data contradict each other about {lemma!r}"
            raise CorpusError(f"{self._folder}: {problem}; get them again") from error
        return f"{lemma}%{TYPES[kind]}:{file_number}:{number:02d}:{head}"

    def _read(self, pos: str, offset: int) -> tuple[str, str, list[tuple[str, int]], list[tuple[str, str]]]:
        """Return the file number of a synset, its kind, its words with their numbers, and its pointers.

        A word may have a marker behind it, as "preceding(a)", which sense keys have for a head alone.
        """
        data = self._data[pos]
        fields = data[offset : data.index(b"\n", offset)].decode("utf8").split()
        if int(fields[0]) != offset:
            raise ValueError(f"another synset at {offset}")
        n_words = int(fields[3], 16)
        end = 4 + 2 * n_words
        words = [(word.lower(), int(n, 16)) for word, n in zip(fields[4:end:2], fields[5:end:2])]
        pointers = fields[end + 1 : end + 1 + 4 * int(fields[end])]
        return fields[1], fields[2], words, list(zip(pointers[::4], pointers[1::4]))
