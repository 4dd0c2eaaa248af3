from pathlib import Path

import pytest
import torch

from benchmarks import systems
from benchmarks.children import measure
from spacy_elmo.formats import allennlp
from tests.support.random_models import random_model

needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
SENTENCES = [["The", "bank"], ["a"], ["We", "sat", "."]]
YARDSTICK = """
def build(options, weights):
    return lambda sentences, batch_size: print(options[-12:], weights[-12:], len(sentences), batch_size)
"""


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    allennlp.write(tmp_path, random_model(), {"name": "tiny"})
    return tmp_path


@pytest.mark.parametrize("name", [systems.WARM, systems.COLD, systems.TORCH])
def test_encoders_give_vectors(name: str, weights: Path):
    system = systems.build(name, weights)
    first = system.run(SENTENCES)
    system.prepare()
    assert (system.run(SENTENCES) == first).all()


def test_one_sentence_at_a_time_is_a_call_for_each(weights: Path):
    assert len(systems.build(systems.SINGLE, weights).run(SENTENCES)) == len(SENTENCES)


@pytest.mark.parametrize("name", [systems.PLAIN, systems.LSTM])
def test_systems_in_batches_run(name: str, weights: Path):
    assert systems.build(name, weights).run(SENTENCES, batch_size=2) is None


def test_the_component_runs_twice_over_the_same_text(weights: Path):
    system = systems.build(systems.PIPE, weights)
    assert system.run(SENTENCES) is None
    assert system.run(SENTENCES) is None


def test_a_yardstick_is_a_function_in_a_file(weights: Path, capsys: pytest.CaptureFixture[str]):
    (weights / "mine.py").write_text(YARDSTICK, encoding="utf8")
    systems.build(systems.YARDSTICK, weights, f"{weights / 'mine.py'}:build").run(SENTENCES, batch_size=2)
    assert capsys.readouterr().out == "options.json weights.hdf5 3 2\n"


def test_a_yardstick_is_a_function_in_a_module():
    assert systems.load_function("torch:zeros") is torch.zeros


def test_batches_have_a_number_of_sentences():
    assert list(systems.batches([["a"], ["b"], ["c"]], 2)) == [[["a"], ["b"]], [["c"]]]


@needs_proc
def test_a_process_of_its_own_is_measured(weights: Path):
    found = measure(systems.WARM, weights, SENTENCES, yardstick=None, stream=3)
    assert found.words_per_second > 0
    assert found.peak > found.added >= 0
