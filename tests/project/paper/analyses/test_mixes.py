"""Mixes as rows."""

from pathlib import Path

import pytest
import spacy

from project.paper.analyses import mixes
from tests.support.mixes import GAMMA, train_mixes


def test_a_row_for_each_layer_of_each_mix(tiny_model: Path, tmp_path: Path):
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    train_mixes(nlp).to_disk(tmp_path / "trained")
    found = mixes.list_mixes({"tagging": tmp_path / "trained"})
    assert [(row["component"], row["place"], row["layer"]) for row in found] == [
        (component, place, layer)
        for component, place in (("tagger", "features"), ("senter", "input"), ("senter", "output"))
        for layer in range(3)
    ]
    assert [round(row["weight"], 3) for row in found[:3]] == [0.09, 0.245, 0.665]
    assert found[0]["gamma"] == GAMMA["tagger"]


def test_a_pipeline_without_mixes_is_named(tmp_path: Path):
    spacy.blank("en").to_disk(tmp_path)
    with pytest.raises(ValueError, match="no component mixes layers"):
        mixes.list_mixes({"none": tmp_path})
