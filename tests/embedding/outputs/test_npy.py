import json
from pathlib import Path

import numpy as np
import pytest

from spacy_elmo.embedding.embedder import Row
from spacy_elmo.embedding.outputs import npy
from spacy_elmo.embedding.settings import Settings

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("unit", ["words", "sentences"])
@pytest.mark.parametrize("all_layers", [False, True])
def test_the_index_finds_the_rows_of_the_array(tmp_path: Path, unit: str, all_layers: bool):
    given = []
    for n in (3, 1):
        size = (n, 6) if unit == "words" else (6,)
        layers = RNG.normal(size=(3, *size)).astype("float32") if all_layers else None
        given.append(Row("\u00e9", "text", ["w"] * n, RNG.normal(size=size).astype("float32"), layers))
    npy.write(tmp_path, "part", given, Settings("m", "d", "en", "npy", unit=unit))
    array = np.load(tmp_path / "part.npy", mmap_mode="r")
    index = [json.loads(line) for line in (tmp_path / "part.jsonl").read_text(encoding="utf8").splitlines()]
    assert [(line["id"], line["text"], line["words"]) for line in index] == [row[:3] for row in given]
    for line, row in zip(index, given):
        found = array[slice(*line["rows"])]
        found = found if unit == "words" else found[0]
        expected = row.vectors if row.layers is None else np.moveaxis(row.layers, 0, -2)
        assert np.array_equal(found, expected)


def test_annotations_are_in_the_index_where_there_are_some(tmp_path: Path):
    vectors = np.zeros((1, 6), dtype="float32")
    rows = [Row("a", "w", ["w"], vectors, None), Row("b", "w", ["w"], vectors, None, [["w", "NOUN", ""]])]
    npy.write(tmp_path, "part", rows, Settings("m", "d", "en", "npy"))
    plain, annotated = map(json.loads, (tmp_path / "part.jsonl").read_text(encoding="utf8").splitlines())
    assert list(plain) == ["id", "text", "words", "rows"]
    assert annotated == {**plain, "id": "b", "rows": [1, 2], "annotations": [["w", "NOUN", ""]]}
