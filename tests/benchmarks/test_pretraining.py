import re
from itertools import islice
from pathlib import Path

import pytest

from benchmarks import pretraining
from spacy_elmo.bilm.characters import BOS, EOS, UNK


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch):
    for name, value in {"LANES": 2, "STEPS": 3, "N_WORDS": 20, "N_SAMPLES": 4}.items():
        monkeypatch.setattr(pretraining, name, value)


def test_each_system_prints_its_speed(text_file: Path, run_command):
    output = run_command(pretraining.main, ["--text", text_file, "--sizes", "tiny", "--rounds", "1"])
    lines = [line for line in output.splitlines() if line.startswith("tiny ")]
    for line, name in zip(lines, ("plain loop", "the same, distinct words once", "spacy-elmo"), strict=True):
        assert name in line
        assert "tokens/s; spacy-elmo: " in line
    assert lines[-1].endswith(" 1.00 times")
    assert re.search(r"^averages of weights, tiny: \d+\.\d\d% of a step of spacy-elmo$", output, re.MULTILINE)


def test_windows_have_the_words_of_both_directions():
    words = [BOS, "a", "b", "c", "d", EOS] * 4
    window = next(pretraining._windows(words, [BOS, EOS, UNK, "a", "b"]))
    assert window.inputs.shape == window.targets.shape == (2, 3, 2)  # directions, steps, lanes
    forward, backward = window.inputs[:, :, 0].tolist()
    assert [window.words[i] for i in forward] == [BOS, "a", "b"]
    assert [window.words[i] for i in backward] == ["c", "b", "a"]
    assert window.targets[0, :, 0].tolist() == [3, 4, 2]


def test_windows_come_again_from_the_start():
    windows = list(islice(pretraining._windows([BOS, "a", "b", "c", "d", EOS] * 2, [BOS, EOS, UNK]), 2))
    assert windows[0].words == windows[1].words


def test_words_without_a_text_are_distinct_spellings():
    words = set(pretraining._words([]))
    assert len(words) > 20
    assert all(2 <= len(word) <= 12 for word in words)
