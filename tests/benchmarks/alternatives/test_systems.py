from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.alternatives.systems import MINILM, SYSTEMS, System, make_docs, mean_over_pieces

SENTENCES = [["The", "bank", "raised", "rates", "."], ["Birds", "sing"], ["We", "sat", "."]]
SPACY = [key for key, system in SYSTEMS.items() if not system.needs]


@pytest.fixture(params=SPACY)
def system(request: pytest.FixtureRequest, tmp_path: Path) -> System:
    SYSTEMS[request.param].write(tmp_path)
    return SYSTEMS[request.param].load(tmp_path)


@pytest.mark.filterwarnings("ignore:.*bfloat16 is slower")
def test_systems_of_spacy_run_over_docs_in_batches(system: System):
    assert len(system.run(make_docs(system, SENTENCES), 2)) in (2, 3)  # results, or Docs that have them


def test_a_saved_elmo_gives_all_layers(tmp_path: Path):
    SYSTEMS["elmo"].write(tmp_path)
    system = SYSTEMS["elmo"].load(tmp_path)
    assert [part.shape for part in system.layers(make_docs(system, SENTENCES))] == [
        (3, 5, 256),
        (3, 2, 256),
        (3, 3, 256),
    ]


def test_the_default_layer_of_spacy_leaves_tensors(tmp_path: Path):
    SYSTEMS["hash-embed-cnn"].write(tmp_path)
    system = SYSTEMS["hash-embed-cnn"].load(tmp_path)
    assert [doc.tensor.shape for doc in system.run(make_docs(system, SENTENCES), 2)] == [(5, 96), (2, 96), (3, 96)]


def test_every_word_has_a_static_vector(tmp_path: Path):
    SYSTEMS["floret"].write(tmp_path)
    system = SYSTEMS["floret"].load(tmp_path)
    first, second = system.run(make_docs(system, SENTENCES), 2)
    assert first.shape == (7, 300)
    assert np.abs(second).sum(1).all()


def test_settings_of_the_model_block_are_written(tmp_path: Path):
    from benchmarks.alternatives.systems import _elmo

    _elmo(prepack=False)(tmp_path)
    assert "prepack = false" in (tmp_path / "config.cfg").read_text(encoding="utf8")


def test_a_system_names_the_packages_that_are_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("benchmarks.alternatives.systems.find_spec", lambda name: None if name == MINILM else name)
    assert SYSTEMS["minilm"].missing() == [MINILM]
    assert SYSTEMS["elmo"].missing() == []


def test_the_vector_of_a_word_is_the_mean_over_its_pieces():
    states = torch.arange(8.0).view(1, 2, 4, 1)  # two sentences of four pieces
    word_ids = [[None, 0, 0, 1], [None, 0, None, None]]
    first, second = mean_over_pieces(states, word_ids, [2, 1])
    assert first.tolist() == [[[1.5], [3.0]]]
    assert second.tolist() == [[[5.0]]]


def test_a_word_without_pieces_has_zeros():
    (words,) = mean_over_pieces(torch.ones(1, 1, 2, 3), [[0, None]], [2])
    assert words.tolist() == [[[1.0] * 3, [0.0] * 3]]
