from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

from benchmarks import training
from tests.support.pipelines import make_examples

needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.spacy"
    examples = make_examples(spacy.blank("en"), 4)
    DocBin(docs=[example.reference for example in examples]).to_disk(path)
    return path


@needs_proc
def test_epochs_of_all_systems_are_printed(
    corpus: Path, tiny_model: Path, run_command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(training, "_in_child", training._run)
    arguments = [corpus, corpus, "--pretrained", tiny_model, "--recipes", "listener", "--epochs", "2"]
    output = run_command(training.main, arguments)
    lines = [line.split() for line in output.splitlines()]
    assert ["epoch", "seconds", "in", "elmo", "loss", "score", "peak", "MB"] in lines
    for name in (training.BASELINE, training.ELMO, *training.VARIANTS, *training.BY_NUMPY):
        words = name.split()
        assert sum(line[: len(words) + 1] in ([*words, "1"], [*words, "2"]) for line in lines) == 2, name
    assert "All epochs, with ELMo against without: " in output
    assert "without the cache against with it: " in output
    assert output.count("largest relative difference") == len(training.VARIANTS)
    assert output.count("by BLIS against numpy: ") == len(training.BY_NUMPY)


def test_a_clock_counts_a_call_within_a_call_once():
    clock = training._Clock()
    inner = clock.timed(lambda: clock.seconds)
    outer = clock.timed(lambda: inner())
    assert outer() == 0.0
    assert clock.seconds > 0
    assert not clock.running


def test_a_clock_stops_where_a_function_fails():
    clock = training._Clock()
    with pytest.raises(ZeroDivisionError):
        clock.timed(lambda: 1 / 0)()
    assert not clock.running
