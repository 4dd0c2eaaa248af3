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


def test_without_usearch_there_is_no_graph(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(ImportError, match=r"spacy-elmo\[search\]"):
        build_index([text], tmp_path / "index", approximate=True)
    assert not (tmp_path / "index").exists()
