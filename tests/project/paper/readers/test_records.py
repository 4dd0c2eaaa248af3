"""Lines of JSON, good and bad."""

from pathlib import Path

import pytest

from project.paper.readers.records import Record, Text, read_records
from project.shared.assets import CorpusError


class Named(Record):
    a: Text


def test_each_line_has_its_place(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": "x"}\n\n{"a": "y", "b": 1}\n', encoding="utf8")
    assert [(place, found.a) for place, found in read_records(path, Named)] == [(f"{path}:1", "x"), (f"{path}:3", "y")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ": empty"),
        ('{"a": "x"}\n{"a"', ":2: Invalid JSON"),
        ("[1]", ":1: .*object"),
        ('{"a": 1}', ":1: a: .*valid string"),
        ('{"a": " "}', ":1: a: String should match"),
        ("{}", ":1: a: Field required"),
        ("[" * 100_000, ":1: Invalid JSON"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, problem: str):
    (tmp_path / "a.jsonl").write_text(text, encoding="utf8")
    with pytest.raises(CorpusError, match=f"a.jsonl{problem}"):
        list(read_records(tmp_path / "a.jsonl", Named))


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(CorpusError, match="no such file"):
        list(read_records(tmp_path / "a.jsonl", Named))
