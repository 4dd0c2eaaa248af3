"""Lines of JSON, good and bad."""

from pathlib import Path

import pytest

from project.paper.readers.records import read_records
from project.shared.assets import CorpusError


def test_each_line_has_its_number(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text('{"a": "x"}\n\n{"a": "y", "b": 1}\n', encoding="utf8")
    assert list(read_records(tmp_path / "a.jsonl", a=str)) == [(1, {"a": "x"}), (3, {"a": "y", "b": 1})]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ": empty"),
        ('{"a": "x"}\n{"a"', ":2: not JSON"),
        ("[1]", ":1: list where an object is needed"),
        ('{"a": 1}', ":1: no str 'a'"),
        ("[" * 100_000, ":1: not JSON"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, problem: str):
    (tmp_path / "a.jsonl").write_text(text, encoding="utf8")
    with pytest.raises(CorpusError, match=f"a.jsonl{problem}"):
        list(read_records(tmp_path / "a.jsonl", a=str))


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(CorpusError, match="no such file"):
        list(read_records(tmp_path / "a.jsonl"))
