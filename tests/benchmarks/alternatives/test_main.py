from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.alternatives import __main__ as alternatives
from benchmarks.alternatives.measure import Measured
from benchmarks.alternatives.probe import Probed
from benchmarks.alternatives.systems import SYSTEMS

ROW = [Measured(3000.0, 200.0, 50.4, 1.25), Measured(1000.0, 100.0, 50.4, 1.25), Measured(2000.0, 300.0, 50.4, 1.25)]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch):
    """Run in this process what would run in others."""

    def answer(function: Callable, *args: object) -> object:
        return {"find_best_batch": 8, "measure": ROW[0], "probe": Probed(0.9, 0.8)}[function.__name__]

    monkeypatch.setattr(alternatives, "in_child", answer)
    monkeypatch.delenv("SPACY_ELMO_DATA", raising=False)


def test_a_row_has_medians():
    lines = alternatives.make_table({"elmo": ROW}, {"elmo": 64}, {"elmo": 6_400_000}, {"elmo": Probed(0.9333, 0.8)})
    assert lines[0].startswith("| | words/s, batches | one sentence |")
    assert lines[1] == "|---|---|---|---|---|---|---|---|"
    assert lines[2] == "| ELMo, en_elmo_sm | 2,000 (64) | 200 | 50 | 1.2 | 6 | 93.3 | 80.0 |"


def test_a_system_that_was_not_probed_has_no_shares():
    (*_, row) = alternatives.make_table({"floret": ROW}, {"floret": 64}, {"floret": 10**6}, {})
    assert row.endswith("| 1 | - | - |")


@pytest.mark.usefixtures("here")
def test_the_command_prints_a_table_of_the_systems_that_it_is_asked_for(run_command):
    output = run_command(alternatives.main, ["--systems", "floret", "elmo", "--rounds", "1", "--words", "60"])
    assert "The probe is left out: name a treebank by --treebank" in output
    assert "; 60 words, medians of 1 rounds\n\n| | words/s" in output
    assert [line.split(" | ")[0] for line in output.splitlines()[-2:]] == [
        "| floret vectors (50,000 x 300)",
        "| ELMo, en_elmo_sm",
    ]


@pytest.mark.usefixtures("here")
def test_the_text_and_the_treebank_are_those_that_are_given(run_command, text_file: Path):
    treebank = alternatives.SAMPLE
    options = ["--systems", "floret", "elmo", "--words", "20", "--text", text_file, "--treebank", treebank]
    output = run_command(alternatives.main, options)
    rows = {line.split(" | ")[0]: line for line in output.splitlines()}
    assert rows["| ELMo, en_elmo_sm"].endswith(" | 90.0 | 80.0 |")
    assert rows["| floret vectors (50,000 x 300)"].endswith(" | - | - |")


@pytest.mark.usefixtures("here")
def test_a_system_whose_package_is_missing_is_left_out(run_command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(SYSTEMS, "minilm", SYSTEMS["minilm"]._replace(needs=("no_such_package",)))
    output = run_command(alternatives.main, ["--systems", "minilm", "floret", "--no-probe", "--words", "20"])
    assert "minilm is left out, because no_such_package cannot be imported: pip install" in output
    assert "| MiniLM" not in output
