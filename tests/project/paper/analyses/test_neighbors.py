"""Neighbors of words in a small text."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from project.paper.analyses import neighbors
from project.paper.analyses.rows import Rows


def test_the_nearest_of_each_layer_and_of_words_alone(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, must_not_run: Callable
):
    text = tmp_path / "a.txt"
    text.write_text("\n".join(f"The {word} ended well. A play ended." for word in ("match", "film", "game")), "utf8")
    rows = Rows(tmp_path / "rows.jsonl")
    query = "We saw a [play] ."

    def find():
        return neighbors.find_neighbors(
            str(tiny_model), [text], tmp_path / "index", queries=[query], top=3, rows=Rows(rows.path)
        )

    found = find()
    assert [(row["vectors"], row["rank"]) for row in found] == [
        (vectors, rank) for vectors in ("without context", "layer 1", "layer 2") for rank in (1, 2, 3)
    ]
    alone = [row["word"].lower() for row in found[:3]]
    assert len(set(alone)) == 3
    assert "play" not in alone
    assert all(row["query"] == query and row["word"] in row["text"] for row in found)
    assert all(one["cosine"] >= two["cosine"] for one, two in pairwise(found[3:6]))
    monkeypatch.setattr(neighbors, "build_index", must_not_run)
    assert find() == found


def test_words_without_context_are_searched_for_until_there_are_enough(tiny_model: Path, tmp_path: Path):
    text = tmp_path / "a.txt"
    text.write_text("play play play play\n" * 60 + "A film", "utf8")
    found = neighbors.find_neighbors(str(tiny_model), [text], tmp_path / "index", queries=["a [play]"], top=2)
    assert {row["word"] for row in found if row["vectors"] == "without context"} == {"A", "film"}
