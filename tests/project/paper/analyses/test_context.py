"""Senses by parts of sentences."""

from collections.abc import Callable
from pathlib import Path

import pytest

from project.paper.analyses import context
from project.paper.analyses.rows import Rows


def test_a_row_for_each_window_and_layer(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, must_not_run: Callable, tmp_path: Path
):
    examples = tmp_path / "uses.tsv"
    uses = [("money", "The bank raised rates ."), ("money", "A bank lost money ."), ("river", "We sat on the bank .")]
    uses.append(("river", "Trees on a bank fell ."))
    examples.write_text("".join(f"bank\t{sense}\t{text}\n" for sense, text in uses), "utf8")
    rows = Rows()
    found = context.measure_context(str(tiny_model), examples=examples, windows=(0, 1, None), rows=rows)
    assert [(row["window"], row["vectors"]) for row in found] == [
        (window, f"layer {layer}") for window in (0, 1, None) for layer in range(3)
    ]
    assert all(row["share"] == pytest.approx(1 / 3) for row in found[:4])  # equal vectors: one of three others
    monkeypatch.setattr(context, "embed", must_not_run)
    assert context.measure_context(str(tiny_model), examples=examples, windows=(0, 1, None), rows=rows) == found


def test_context_of_the_words_of_the_package(tiny_model: Path):
    found = context.measure_context(str(tiny_model), windows=(0,))
    assert all(row["share"] == pytest.approx(4 / 9) for row in found)
