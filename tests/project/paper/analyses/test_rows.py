"""Rows are made once."""

from pathlib import Path

import pytest

from project.paper.analyses.rows import Rows, describe_inputs, describe_model
from project.shared.arguments import StepError


def test_rows_of_a_key_are_made_once_and_come_back(tmp_path: Path):
    path, made = tmp_path / "new" / "rows.jsonl", []

    def make():
        made.append(1)
        return [{"layer": 0, "pair": (1, 2)}, {"layer": 1, "pair": (3, 4)}]

    first = Rows(path).get({"model": "a", "seeds": (1,)}, make)
    assert first[0] == {"model": "a", "seeds": [1], "layer": 0, "pair": [1, 2]}
    assert Rows(path).get({"model": "a", "seeds": (1,)}, make) == first
    assert len(made) == 1
    Rows(path).get({"model": "b", "seeds": (1,)}, make)
    assert len(made) == 2
    assert len(Rows(path).all) == 4


def test_what_fails_leaves_the_rows_as_they_were(tmp_path: Path):
    rows = Rows(tmp_path / "rows.jsonl")
    rows.get({"model": "a"}, lambda: [{}])

    def fail():
        yield {}
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        rows.get({"model": "b"}, fail)
    assert Rows(tmp_path / "rows.jsonl").all == rows.all == [{"model": "a"}]


@pytest.mark.parametrize("line", ["{", "[]", "[" * 100_000])
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str):
    (tmp_path / "rows.jsonl").write_text(f"{{}}\n{line}\n", encoding="utf8")
    with pytest.raises(StepError, match=r"rows.jsonl:2: not a row"):
        Rows(tmp_path / "rows.jsonl")


def test_a_file_that_is_no_text_is_named(tmp_path: Path):
    (tmp_path / "rows.jsonl").write_bytes(b"\xff")
    with pytest.raises(StepError, match="cannot be read"):
        Rows(tmp_path / "rows.jsonl")


def test_a_key_has_what_changes_with_weights_and_files(tiny_model: Path, tmp_path: Path):
    (tmp_path / "a.txt").write_text("a", encoding="utf8")
    one = describe_inputs(tmp_path / "a.txt")
    (tmp_path / "a.txt").write_text("b", encoding="utf8")
    assert one != describe_inputs(tmp_path / "a.txt")
    assert set(describe_model(str(tiny_model))) == {"model", "weights"}
