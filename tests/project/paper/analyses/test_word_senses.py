"""Senses by the nearest one, and by guesses."""

from collections.abc import Callable
from pathlib import Path

import pytest
import srsly

from project.paper.analyses import word_senses
from project.paper.analyses.rows import Rows


def write_senses(path: Path, *sentences: tuple[str, str, str, list[str]]) -> Path:
    """Sentences whose second word is tagged, with its lemma, sense and senses of WordNet."""
    records = []
    for text, lemma, sense, wordnet in sentences:
        tag = {"i": 1, "lemma": lemma, "pos": "NOUN", "sense": sense, "wordnet": wordnet}
        records.append({"tokens": text.split(), "instances": [tag]})
    srsly.write_jsonl(path, [*records, {"tokens": ["No", "tag"], "instances": []}])
    return path


def test_layers_beside_guesses(
    tiny_model: Path, wordnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, must_not_run: Callable
):
    money, river = ("bank%1:17:01::", "bank%1:14:00::")
    train = write_senses(
        tmp_path / "train.jsonl",
        ("the bank raised its rates", "bank", "money", [money]),
        ("A bank lends", "bank", "money", [money]),
        ("muddy bank of a river", "bank", "river", [river]),
    )
    test = write_senses(
        tmp_path / "test.jsonl",
        ("muddy bank of a river", "bank", "river", [river]),
        ("the Bank raised its rates", "bank", "money", [money]),
        ("a bank of clouds", "bank", "row", []),
        ("one cat slept", "cat", "animal", ["cat%1:05:00::"]),
    )
    rows = Rows()
    found = word_senses.tag_senses([str(tiny_model)], train, test, wordnet, rows=rows)
    names = ["most frequent sense", "first sense of WordNet", "layer 0", "layer 1", "layer 2", "average"]
    assert [row["vectors"] for row in found] == names
    assert all((row["words"], row["mapped_words"]) == (4, 3) for row in found)
    frequent, first, layer_0, layer_1, layer_2, _ = found
    assert (frequent["share"], frequent["mapped"]) == (0.5, pytest.approx(2 / 3))  # money, and the cat by WordNet
    assert (first["share"], first["mapped"]) == (None, pytest.approx(2 / 3))  # WordNet's first bank is by a river
    assert layer_0["share"] == 0.5  # the same vector in every use: the most frequent sense
    assert layer_1["share"] == layer_2["share"] == 0.75
    monkeypatch.setattr(word_senses, "embed", must_not_run)
    assert word_senses.tag_senses([str(tiny_model)], train, test, wordnet, rows=rows) == found
    limited = word_senses.tag_senses([], train, test, wordnet, limit=2, rows=rows)
    assert limited[0]["words"] == 1
