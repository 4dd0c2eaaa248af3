"""First senses."""

import shutil
from pathlib import Path

import pytest

from project.paper.readers.wordnet import WordNet
from project.shared.assets import CorpusError


@pytest.mark.parametrize(
    ("lemma", "pos", "key"),
    [
        ("bank", "NOUN", "bank%1:17:01::"),
        ("Bank", "NOUN", "bank%1:17:01::"),
        ("cat", "NOUN", "cat%1:05:00::"),
        ("above", "ADJ", "above%5:00:01:preceding(a):00"),
        ("bank", "VERB", None),
        ("so", "CONJ", None),
    ],
)
def test_the_first_sense_of_the_index_is_the_first_sense(wordnet: Path, lemma: str, pos: str, key: str | None):
    assert WordNet(wordnet).first_sense(lemma, pos) == key


def test_a_file_that_is_missing_is_named(tmp_path: Path):
    with pytest.raises(CorpusError, match="index.noun or data.noun cannot be read"):
        WordNet(tmp_path)


@pytest.mark.parametrize("index", ["bank n 2\n", "bank n x 1\n", "bank\n"])
def test_a_broken_index_is_named(wordnet: Path, tmp_path: Path, index: str):
    folder = shutil.copytree(wordnet, tmp_path / "broken")
    (folder / "index.noun").write_text(index, encoding="utf8")
    with pytest.raises(CorpusError, match=r"index.noun:1: no sense"):
        WordNet(folder)


@pytest.mark.parametrize("offset", [0, 7, 10**7])
def test_an_index_of_other_data_is_named(wordnet: Path, tmp_path: Path, offset: int):
    folder = shutil.copytree(wordnet, tmp_path / "broken")
    (folder / "index.noun").write_text(f"bank n 1 0 1 0 {offset:08d}\n", encoding="utf8")
    with pytest.raises(CorpusError, match="contradict each other about 'bank'"):
        WordNet(folder).first_sense("bank", "NOUN")
