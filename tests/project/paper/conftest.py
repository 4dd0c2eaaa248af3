"""A WordNet of four synsets."""

from pathlib import Path

import pytest

LICENSE = "  1 This is a line of the licence\n"
NOUNS = [
    ("17", "n", [("bank", 1)], [], "sloping land"),
    ("14", "n", [("depository", 0), ("bank", 0)], [("@", 0)], "an institution"),
    ("05", "n", [("true_cat", 0), ("cat", 0)], [], "feline"),
]
ADJECTIVES = [
    ("00", "a", [("preceding(a)", 0)], [], "before"),
    ("00", "s", [("above(a)", 1)], [("&", 0)], "earlier in the text"),
]


@pytest.fixture(scope="session")
def wordnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its files."""
    folder = tmp_path_factory.mktemp("wordnet")
    nouns, adjectives = write_data(folder / "data.noun", NOUNS), write_data(folder / "data.adj", ADJECTIVES)
    index = f"bank n 2 0 2 1 {nouns[0]:08d} {nouns[1]:08d}  \ncat n 1 0 1 1 {nouns[2]:08d}  \n"
    (folder / "index.noun").write_text(LICENSE + index, encoding="utf8")
    (folder / "index.adj").write_text(f"above a 1 1 & 1 1 {adjectives[1]:08d}  \n", encoding="utf8")
    for name in ("verb", "adv"):
        (folder / f"index.{name}").touch()
        (folder / f"data.{name}").touch()
    return folder


def write_data(path: Path, synsets: list[tuple]) -> list[int]:
    """Return the place of each synset; pointers name them by their number."""
    text, places = LICENSE, []
    for file_number, kind, words, pointers, gloss in synsets:
        places.append(len(text))
        names = " ".join(f"{word} {number:x}" for word, number in words)
        links = "".join(f" {symbol} {places[target]:08d} {kind} 0000" for symbol, target in pointers)
        line = (
            f"{places[-1]:08d} {file_number} {kind} {len(words):02x} {names} {len(pointers):03d}{links} | {gloss}  \n"
        )
        text += line
    path.write_text(text, encoding="utf8")
    return places
