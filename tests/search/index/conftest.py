"""A small corpus and its index."""

from collections.abc import Callable
from pathlib import Path

import pytest

from spacy_elmo.embedding import run
from spacy_elmo.search.index import Built, build_index

LINES = [
    f"{who} {what} the {thing}. It was a {thing}."
    for who in ("We", "They")
    for what in ("saw", "had")
    for thing in ("play", "bank", "cell")
]


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run, "MEBIBYTE", 20)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("\n".join(LINES), encoding="utf8")
    return tmp_path / "a.txt"


@pytest.fixture
def more(tmp_path: Path) -> Path:
    (tmp_path / "b.txt").write_text("Play the play.\nA cell is a cell.\nThey had nothing.", encoding="utf8")
    return tmp_path / "b.txt"


@pytest.fixture
def build(tmp_path: Path, tiny_model: Path) -> Callable[..., Built]:
    """Build the index "index" of files, in this process."""

    def build(*files: Path, output: str = "index", **changes) -> Built:
        return build_index(files, tmp_path / output, **{"model": str(tiny_model), "n_process": 1, **changes})

    return build
