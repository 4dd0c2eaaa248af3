import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language

from spacy_elmo.search.index import Index, build_index, open_index
from spacy_elmo.text.readers import CorpusError
from spacy_elmo.tokens.mix import mix_layers, resolve_mix
from spacy_elmo.util.files import WeightsError
from tests.support.random_models import TINY, write_random_model

QUERY = "We saw the [cell]."
FOLDER = Path("index", "texts-000000")


@pytest.fixture
def index(text: Path, tmp_path: Path, build: Callable) -> Index:
    build(text)
    return open_index(tmp_path / "index")


@pytest.mark.parametrize("layer", [None, "average", "top", 0, 1, [0.2, 0.5, 0.3]])
def test_the_nearest_are_those_of_all_cosines(index: Index, text: Path, nlp: Language, layer):
    docs = [*nlp.pipe(text.read_text(encoding="utf8").splitlines()), nlp("We saw the cell.")]
    weights = resolve_mix("average" if layer is None else layer, 3)
    layers = np.concatenate([[token._.elmo_layers for token in doc] for doc in docs]).swapaxes(0, 1)
    vectors = mix_layers(layers, weights)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = np.sort(vectors[:-5] @ vectors[-2])[::-1]
    found = index.nearest(QUERY, layer=layer, top=120)
    assert np.allclose([use.cosine for use in found], cosines, atol=2e-3)  # float16


def test_a_use_has_its_place_and_its_word_in_its_text(index: Index, text: Path):
    use = index.nearest(QUERY, top=1)[0]
    assert use.cosine == pytest.approx(1, abs=1e-6)
    assert use[1:] == (f"{text}:3#0", "cell", 11, "We saw the cell.", 23)
    assert use.text[use.start :].startswith(use.word)


def test_equal_cosines_are_in_the_order_of_the_index(index: Index):
    found = index.nearest(QUERY, layer=0, top=8)
    assert [use.word for use in found] == ["cell"] * 8
    assert [use.place.rpartition(":")[2] for use in found] == [f"{n}#{i}" for n in (3, 6, 9, 12) for i in (0, 1)]


def test_only_uses_of_the_word(text: Path, more: Path, tmp_path: Path, build: Callable):
    build(text, more)
    index = open_index(tmp_path / "index")
    assert {use.word for use in index.nearest("A [play].", top=200)} > {"play", "Play", "cell"}
    assert [use.word for use in index.nearest("[Play] it.", same_word=True)] == ["Play"]
    assert {use.word for use in index.nearest("[Play] it.", lower=True)} == {"play", "Play"}
    assert len(index.nearest("[play] it.", same_word=True, top=200)) == 9
    assert index.nearest("The [zebra].", same_word=True) == index.nearest("The [zebra].", lower=True) == []


def test_filtered_uses_have_the_cosines_of_a_whole_search(index: Index):
    found = [use for use in index.nearest(QUERY, top=120) if use.word == "cell"]
    assert index.nearest(QUERY, same_word=True, top=120) == found


def test_an_index_of_one_layer_knows_no_other(text: Path, tmp_path: Path, build: Callable, index: Index):
    build(text, layers="top", output="small")
    small = open_index(tmp_path / "small")
    assert small.manifest.shape == [8]
    found = [use.place for use in small.nearest(QUERY)]
    assert found == [use.place for use in small.nearest(QUERY, layer=2)]
    assert found == [use.place for use in index.nearest(QUERY, layer="top")]
    with pytest.raises(ValueError, match="layer = 1: .*small has no vectors but of layers = 'top'; leave it out"):
        small.nearest(QUERY, layer=1)


@pytest.mark.parametrize("layer", [3, -1, "bottom", [1.0], True])
def test_a_layer_that_is_not_there_is_refused(index: Index, layer):
    with pytest.raises(ValueError, match="layer = "):
        index.nearest(QUERY, layer=layer)


def test_the_number_of_uses_is_checked(index: Index):
    with pytest.raises(ValueError, match="top = 0"):
        index.nearest(QUERY, top=0)


def test_texts_of_other_kinds_have_their_places(tmp_path: Path, build: Callable):
    (tmp_path / "a.jsonl").write_text('{"id": "x7", "text": "One cell.\\nTwo   cells. A  cell ."}\n', encoding="utf8")
    (tmp_path / "b.conllu").write_text(
        "".join(f"{i}\t{word}" + "\t_" * 8 + "\n" for i, word in enumerate(("A", "cell", "."), 1)), encoding="utf8"
    )
    build(tmp_path / "a.jsonl", tmp_path / "b.conllu")
    found = open_index(tmp_path / "index").nearest("A [cell].", same_word=True)
    texts = {use.place.rpartition("/")[2]: (use.start, use.text) for use in found}
    assert texts == {"x7#0": (4, "One cell."), "x7#2": (3, "A  cell ."), "b.conllu:1": (2, "A cell .")}


def test_a_model_may_have_another_place(text: Path, tmp_path: Path):
    model = write_random_model(tmp_path / "model", TINY)
    build_index([text], tmp_path / "index", model=str(model), n_process=1)
    model.rename(tmp_path / "moved")
    with pytest.raises(WeightsError, match="model"):
        open_index(tmp_path / "index").nearest(QUERY)
    assert open_index(tmp_path / "index", model=str(tmp_path / "moved")).nearest(QUERY)[0].word == "cell"


def test_other_weights_are_refused(index: Index, tmp_path: Path):
    other = write_random_model(tmp_path / "other", TINY, seed=1)
    with pytest.raises(CorpusError, match="other: other weights than those of .* the index was built with"):
        open_index(index.folder, model=str(other)).nearest(QUERY)


@pytest.mark.parametrize("name", ["part-000001.npy", "part-000000.jsonl", "words.npy", "words.json", "sentences.npy"])
def test_a_file_that_is_truncated_changed_or_missing_is_named(index: Index, name: str):
    path = index.folder / "texts-000000" / name
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    with pytest.raises(CorpusError, match=rf"{name}: has {len(data) - 1:,} bytes, and had {len(data)} when"):
        open_index(index.folder)
    path.write_bytes(data[:-1] + b"?")
    with pytest.raises(CorpusError, match=f"{name}: has changed when|{name}: has changed since"):
        open_index(index.folder)
    path.unlink()
    with pytest.raises(CorpusError, match=f"{name}: cannot be read .No such file"):
        open_index(index.folder)


def test_what_is_no_index_is_said(tmp_path: Path):
    with pytest.raises(CorpusError, match=r"nowhere: no index, as it has no index\.json"):
        open_index(tmp_path / "nowhere")
    (tmp_path / FOLDER).mkdir(parents=True)
    with pytest.raises(CorpusError, match="index: an index that is not finished; .* start it again: it goes on"):
        open_index(tmp_path / "index")


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "2"},
        {"model": 1},
        {"layers": "none"},
        {"shape": []},
        {"shape": ["3", 8]},
        {"shape": [3, -8]},
        {"texts": []},
        {"texts": None},
        {"texts": [{}]},
        {"texts": ["a"]},
        {"texts": [{"inputs": [], "rows": [2.5], "sentences": 1, "files": {}}]},
        {"texts": [{"inputs": [1], "rows": [2], "sentences": 1, "files": {}}]},
        {"texts": [{"inputs": [], "rows": [2], "sentences": 1, "files": []}]},
    ],
)
def test_an_index_file_that_says_something_else_is_refused(index: Index, change: dict):
    path = index.folder / "index.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf8")), **change}), encoding="utf8")
    with pytest.raises(CorpusError, match=r"index\.json: cannot be read"):
        open_index(index.folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 2}'])
def test_an_index_file_that_is_broken_is_refused(tmp_path: Path, text: str):
    (tmp_path / "index.json").write_text(text, encoding="utf8")
    with pytest.raises(CorpusError, match=r"index\.json: cannot be read"):
        open_index(tmp_path)


@pytest.mark.parametrize("shape", [[3, 4], [24], [2, 8]])
def test_arrays_of_another_shape_are_refused(index: Index, shape: list[int]):
    path = index.folder / "index.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf8")), "shape": shape}), encoding="utf8")
    with pytest.raises(CorpusError, match="not the array that index.json speaks of"):
        open_index(index.folder).nearest(QUERY)


def test_sentences_of_something_else_are_refused(index: Index):
    path = index.folder / "texts-000000" / "part-000000.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"id"', b'"di"'))  # once it is open
    with pytest.raises(CorpusError, match=r"part-000000\.jsonl: not the sentences of the index"):
        index.nearest(QUERY, top=120)
