"""Probes as rows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from project.paper.analyses import parts_of_speech
from project.paper.analyses.rows import Rows
from tests.support.tagged import write_corpus


def test_guesses_come_before_layers(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, must_not_run: Callable
):
    corpus = write_corpus(tmp_path / "a.conllu")
    dev = write_corpus(tmp_path / "b.conllu", nouns=("walrus", "bank"))
    rows = Rows()
    found = parts_of_speech.probe_tags([str(tiny_model)], corpus, dev, rows=rows)
    layers = ["layer 0", "layer 1", "layer 2", "average", "all"]
    assert [row["vectors"] for row in found] == ["most frequent tag", "most frequent tag of the word", *layers]
    assert all(row["interval"][0] <= row["share"] <= row["interval"][1] for row in found)
    assert all(row["unseen"] is not None for row in found)
    monkeypatch.setattr(parts_of_speech, "probe_models", must_not_run)
    assert parts_of_speech.probe_tags([str(tiny_model)], corpus, dev, rows=rows) == found
