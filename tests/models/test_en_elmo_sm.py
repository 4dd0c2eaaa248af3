from pathlib import Path

import numpy as np
import pytest

from spacy_elmo.bilm.encoder import Encoder
from spacy_elmo.bilm.storage import read_model
from spacy_elmo.cli.info import describe
from spacy_elmo.models import en_elmo_sm
from spacy_elmo.pretrained import load_pretrained
from spacy_elmo.sense_examples import EXAMPLES

SENTENCES = [text.split() for senses in EXAMPLES.values() for texts in senses.values() for text in texts]


def test_the_model_says_what_it_is():
    facts = describe("en_elmo_sm")
    assert (facts["name"], facts["lang"], facts["license"]) == ("en_elmo_sm", "en", "CC BY-SA 4.0")
    assert facts["version"]
    assert facts["description"]
    assert set(facts["perplexity"]) == {"forward", "backward"}


def test_every_source_of_the_training_text_is_credited_in_the_licence():
    _, meta = read_model(en_elmo_sm())
    assert "https://creativecommons.org/licenses/by-sa/4.0/legalcode" in meta["license_text"]
    for source in meta["training_data"]:
        for key in ("name", "license"):
            assert source[key] in meta["license_text"]
        assert source.get("author", "") in meta["license_text"]


def test_the_files_are_small_enough_for_the_package():
    facts = describe("en_elmo_sm")
    assert facts["bytes"] < 14e6  # the wheel must stay below 15 MB
    assert facts["dtype"] == "float16"
    assert facts["vocabulary"] is None


def test_it_computes_in_full_precision():
    model, _ = load_pretrained("en_elmo_sm")
    assert {str(parameter.dtype) for parameter in model.parameters()} == {"torch.float32"}


def test_half_precision_on_disk_moves_vectors_by_less_than_a_hundredth(data_dir: Path):
    full = data_dir.parent / "models" / "en_elmo_sm_v0"
    if not full.is_dir():
        pytest.skip(f"{full} is not a directory; it would hold the weights in full precision")
    expected, stored = (Encoder(load_pretrained(path)[0]).encode(SENTENCES) for path in (full, "en_elmo_sm"))
    assert (np.linalg.norm(stored - expected, axis=-1) < 1e-2 * np.linalg.norm(expected, axis=-1)).all()
