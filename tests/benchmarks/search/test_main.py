import sys
from pathlib import Path

import pytest

from benchmarks.search.__main__ import main


@pytest.mark.parametrize("more", [[], ["--approximate"]])
def test_the_table_has_time_and_memory(
    text_file: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
):
    if more:
        pytest.importorskip("usearch")
    monkeypatch.setattr(sys, "argv", ["search", str(text_file), "--model", str(tiny_model), "--queries", "3", *more])
    main()
    rows = dict(line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:])
    assert (rows["words"], rows["sentences"]) == ("60", "12")
    assert float(rows["all words: s a query"]) > 0
    assert float(rows["same word: MB"]) >= 0
    if more:
        assert float(rows["graph: recall@10"]) == 1
