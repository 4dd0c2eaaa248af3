from pathlib import Path

import pytest
import torch

from benchmarks.alternatives import measure
from benchmarks.alternatives.systems import SYSTEMS

needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
SENTENCES = [["The", "bank", "raised", "rates", "."], ["Birds", "sing"]]
THREADS = torch.get_num_threads()


@pytest.fixture
def floret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(measure.os, "environ", {})
    SYSTEMS["floret"].write(tmp_path)
    return tmp_path


@needs_proc
def test_a_process_measures_speeds_memory_and_time(floret: Path):
    found = measure.measure("floret", floret, SENTENCES, SENTENCES[:1], 2, THREADS)
    assert min(found.batches, found.single, found.load) > 0
    assert found.added >= 0


def test_the_best_batch_is_one_of_those_that_are_tried(floret: Path):
    assert measure.find_best_batch("floret", floret, SENTENCES, THREADS) in measure.BATCH_SIZES


def test_a_process_has_the_environment_of_its_system(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(measure.os, "environ", {})
    measure.start("elmo-torch", THREADS)
    assert measure.os.environ == {"HF_HUB_OFFLINE": "1", "RAYON_NUM_THREADS": str(THREADS), "SPACY_ELMO_NATIVE": "0"}


def test_one_sentence_at_a_time_is_a_call_for_each(floret: Path, monkeypatch: pytest.MonkeyPatch):
    calls: list[int] = []
    system = SYSTEMS["floret"].load(floret)
    monkeypatch.setattr(system, "run", lambda docs, batch_size: calls.append(len(docs)))
    measure.words_per_second(system, SENTENCES, 1)
    measure.words_per_second(system, SENTENCES, 8)
    assert calls == [1, 1, 2]
