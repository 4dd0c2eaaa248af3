from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spacy_elmo.search.index import open_index, write_neighbors
from spacy_elmo.util import WriteError
from tests.support.uses import read_page

QUERY = "Now [we] had nothing."


def test_the_query_is_the_first_use_and_all_layers_are_there(text: Path, tmp_path: Path, build: Callable):
    build(text)
    index = open_index(tmp_path / "index")
    found = index.nearest(QUERY, top=4, layer="top")
    write_neighbors(tmp_path / "page.html", index, QUERY, found)
    (entry,) = read_page(tmp_path / "page.html")
    assert entry["uses"][0][:4] == ["Now ", "we", " had nothing.", "the query"]
    assert ["".join(use[:3]) for use in entry["uses"][1:]] == [use.text for use in found]
    assert [use[1::2] for use in entry["uses"][1:]] == [[use.word, use.place] for use in found]
    assert entry["layers"] == ["layer 0", "layer 1", "layer 2"]
    assert entry["nearest"][2][0] == [[1, *entry["nearest"][2][0][0][1:]], *entry["nearest"][2][0][1:]]
    assert [cosines[-1] for _, *cosines in entry["nearest"][2][0]] == [round(100 * use.cosine) for use in found]


def test_vectors_of_rows_are_those_of_the_files(text: Path, more: Path, tmp_path: Path, build: Callable):
    build(text)
    build(more)
    index = open_index(tmp_path / "index")
    files = sorted((tmp_path / "index").glob("texts-*/part-*.npy"))
    expected = np.concatenate([np.load(file) for file in files])
    rows = [121, 3, 77]
    assert np.array_equal(index.vectors_of(rows), expected[rows].swapaxes(0, 1))
    found = index.nearest("A [cell].", top=134)
    assert sorted(use.row for use in found) == list(range(134))


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        ("average", "the average of all layers"),
        ("top", "the top layer"),
        ("1", "layer 1"),
        ("0.2,0.3,0.5", "the mix 0.2, 0.3, 0.5"),
    ],
)
def test_an_index_of_one_layer_gives_a_page_of_that_layer(
    more: Path, tmp_path: Path, build: Callable, layers: str, name: str
):
    build(more, layers=layers)
    index = open_index(tmp_path / "index")
    write_neighbors(tmp_path / "page.html", index, QUERY, index.nearest(QUERY, top=3))
    (entry,) = read_page(tmp_path / "page.html")
    assert entry["layers"] == [name]
    assert len(entry["places"]) == 1


def test_a_place_that_cannot_be_written_is_named(more: Path, tmp_path: Path, build: Callable):
    build(more)
    index = open_index(tmp_path / "index")
    with pytest.raises(WriteError, match="not a file"):
        write_neighbors(tmp_path, index, QUERY, index.nearest(QUERY, top=3))
