from pathlib import Path

import pytest

from benchmarks import __main__ as speed
from benchmarks import random_weights
from benchmarks.children import Measured
from benchmarks.sizes import find_config
from benchmarks.systems import COLD, LSTM, PIPE, PLAIN, SINGLE, TORCH, TORCH_SINGLE, WARM
from spacy_elmo.models.load import load_model

OPTIONS = ["--sizes", "tiny", "--words", "60", "--rounds", "1"]


def columns(line: str) -> list[str]:
    return [part.strip() for part in line.split("   ") if part.strip()]


def test_speeds_are_printed_beside_their_limits(text_file: Path, run_command):
    output = run_command(speed.main, ["--text", text_file, *OPTIONS, "--no-memory"])
    assert output.startswith("60 words of text; torch ")
    assert "tiny: " in output
    assert "MFLOP a word" in output
    assert "words/s" in output
    assert "of limit" in output
    for name in (speed.ROOFLINE, speed.BANDWIDTH, COLD, WARM, TORCH, SINGLE, TORCH_SINGLE, PIPE, PLAIN, LSTM):
        assert any(line.startswith(name) and "%" in line for line in output.splitlines()), name
    assert "Beside a busy process: " in output


def test_memory_and_growth_are_printed(text_file: Path, run_command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(speed, "measure", lambda *args, **kwargs: Measured(1234.0, 56.0, 789.0))
    monkeypatch.setattr(speed, "_speed_table", lambda *args: None)
    lines = run_command(speed.main, ["--text", text_file, *OPTIONS, "--growth"]).splitlines()
    assert ["each in its own process", "MB added", "MB peak"] in map(columns, lines)
    assert sum(columns(line)[1:] == ["56", "789"] for line in lines) == 6
    assert ["vectors dropped as they come", "words/s", "MB peak"] in map(columns, lines)
    assert sum(columns(line)[1:] == ["1,234", "789"] for line in lines) == 4


def test_random_weights_are_written_in_the_published_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.argv", ["random_weights", "tiny", str(tmp_path)])
    random_weights.main()
    assert load_model(tmp_path).model.config == find_config("tiny")
