import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spacy_elmo.search.index import approximate, build_index, open_index
from spacy_elmo.text.readers import CorpusError
from tests.support.random_models import contents

pytest.importorskip("usearch")
QUERY = "We saw the [cell]."


def test_a_graph_finds_what_all_cosines_find(text: Path, more: Path, tmp_path: Path, build: Callable):
    build(text, more, approximate=True)
    index = open_index(tmp_path / "index")
    assert index.manifest.texts[0].has_graph
    assert index.nearest(QUERY) == index.nearest(QUERY, exact=True)


def test_only_candidates_of_the_graph_are_compared(
    text: Path, tmp_path: Path, build: Callable, monkeypatch: pytest.MonkeyPatch
):
    build(text, approximate=True)
    index = open_index(tmp_path / "index")
    monkeypatch.setattr(approximate, "FEWEST", 1)
    monkeypatch.setattr(approximate, "WIDER", 1)
    assert len(index.nearest(QUERY, top=3)) == 3
    monkeypatch.setattr("spacy_elmo.search.index.index.find_candidates", lambda *_: np.array([7]))
    assert [use.word for use in index.nearest(QUERY, top=3)] == ["a"]
    assert len(index.nearest(QUERY, top=3, exact=True)) == 3
    assert len(index.nearest(QUERY, top=3, layer="top")) == 3
    assert len(index.nearest(QUERY, top=3, same_word=True)) == 3


def test_texts_without_a_graph_are_compared_as_a_whole_until_they_have_one(
    text: Path, more: Path, tmp_path: Path, build: Callable
):
    build(text, approximate=True)
    build(more)
    index = open_index(tmp_path / "index")
    assert [texts.has_graph for texts in index.manifest.texts] == [True, False]
    assert index.nearest(QUERY) == index.nearest(QUERY, exact=True)
    assert build(more, approximate=True).new == 0
    assert all(texts.has_graph for texts in open_index(tmp_path / "index").manifest.texts)


def test_the_same_vectors_give_the_same_graph(text: Path, tmp_path: Path, build: Callable):
    build(text, approximate=True)
    build(text, approximate=True, output="again")
    assert contents(tmp_path / "index") == contents(tmp_path / "again")


def test_a_graph_of_something_else_is_refused(text: Path, more: Path, tmp_path: Path, build: Callable):
    build(text, approximate=True)
    build(more, approximate=True, output="other")
    index = open_index(tmp_path / "index")
    graph = tmp_path / "index" / "texts-000000" / "graph.usearch"
    graph.unlink()
    graph.write_bytes((tmp_path / "other" / "texts-000000" / "graph.usearch").read_bytes())
    with pytest.raises(CorpusError, match="graph.usearch: has"):
        open_index(tmp_path / "index")
    with pytest.raises(CorpusError, match="not the graph of this index"):
        index.nearest(QUERY)
    graph.write_bytes(b"")
    with pytest.raises(CorpusError, match="not a graph that usearch reads|not the graph of this index"):
        index.nearest(QUERY)


@pytest.mark.parametrize("name", ["graph.usearch", "projection.npy"])
def test_a_file_of_the_graph_that_is_truncated_is_named(text: Path, tmp_path: Path, build: Callable, name: str):
    build(text, approximate=True)
    path = tmp_path / "index" / "texts-000000" / name
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    with pytest.raises(CorpusError, match=rf"{name}: has {len(data) - 1:,} bytes, and had {len(data)} when"):
        open_index(tmp_path / "index")


def test_a_graph_that_is_interrupted_leaves_the_index_whole_and_is_made_by_the_same_call(
    text: Path, tmp_path: Path, build: Callable, monkeypatch: pytest.MonkeyPatch
):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("spacy_elmo.search.index.build.write_graph", interrupt)
        with pytest.raises(KeyboardInterrupt):
            build(text, approximate=True)
    assert len(open_index(tmp_path / "index").nearest(QUERY)) == 10
    assert build(text, approximate=True).new == 0
    assert open_index(tmp_path / "index").manifest.texts[0].has_graph


@pytest.fixture
def vectors() -> np.ndarray:
    """Of more numbers than a graph has, in a space of fewer dimensions but for a little noise; one is zero."""
    random = np.random.default_rng(0)
    vectors = random.normal(size=(600, 20)) @ random.normal(size=(20, 150)) + 0.1 * random.normal(size=(600, 150))
    vectors[7] = 0
    return vectors.astype("float32")


def test_few_components_find_what_all_numbers_find(
    vectors: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(approximate, "FEWEST", 50)
    counted: list[int] = []
    blocks = [vectors[:250], vectors[250:]]
    approximate.write_graph(tmp_path, lambda: blocks, len(vectors), count=counted.append)
    assert counted == [250, 350]
    assert np.load(tmp_path / "projection.npy").shape == (150, 64)
    lengths = np.linalg.norm(vectors, axis=1)
    for row in (0, 300, 599):
        query = vectors[row] / lengths[row]
        nearest = np.argsort(-(vectors @ query) / np.maximum(lengths, 1e-6))[:5]
        found = approximate.find_candidates(tmp_path, query, 2, len(vectors))
        assert set(nearest.tolist()) <= set(found.tolist())
        assert len(found) == 50


def test_components_are_orthogonal_and_the_largest(vectors: np.ndarray):
    projection = approximate.find_projection([vectors], len(vectors))
    assert np.allclose(projection.T @ projection, np.eye(64), atol=1e-5)  # float32
    lengths = np.linalg.norm(vectors @ projection, axis=1)
    assert np.allclose(lengths, np.linalg.norm(vectors, axis=1), rtol=0.02)  # the noise


def test_a_graph_of_numbers_that_are_not_finite_is_refused(vectors: np.ndarray, tmp_path: Path):
    vectors[3, 5] = np.inf
    with pytest.raises(CorpusError, match="not finite"):
        approximate.write_graph(tmp_path, lambda: [vectors], len(vectors), count=lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_without_usearch_there_is_no_graph(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(ImportError, match=r"spacy-elmo\[search\]"):
        build_index([text], tmp_path / "index", approximate=True)
    assert not (tmp_path / "index").exists()
