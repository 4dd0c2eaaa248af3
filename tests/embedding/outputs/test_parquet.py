from pathlib import Path

import numpy as np
import pytest

from spacy_elmo.embedding.embedder import Row
from spacy_elmo.embedding.outputs import parquet as module
from spacy_elmo.embedding.settings import Layers, Settings

pq = pytest.importorskip("pyarrow.parquet")
RNG = np.random.default_rng(0)
LENGTHS = (3, 1, 4, 2)


def rows(shape: str, *, dtype: str = "float32", layers: bool = False) -> list[Row]:
    found = []
    for i, n in enumerate(LENGTHS):
        size = (n, 6) if shape == "words" else (6,)
        vectors, all_layers = RNG.normal(size=size).astype(dtype), RNG.normal(size=(3, *size)).astype(dtype)
        found.append(Row(f"a:{i}", f"text {i}", ["w"] * n, vectors, all_layers if layers else None))
    return found


def settings(**changes) -> Settings:
    return Settings(**{"model": "m", "digest": "d", "lang": "en", "format": "parquet", **changes})


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("unit", ["words", "sentences"])
@pytest.mark.parametrize("all_layers", [False, True])
def test_the_table_has_what_the_rows_have(tmp_path: Path, unit: str, dtype: str, all_layers: bool, monkeypatch):
    monkeypatch.setattr(module, "ROW_GROUP", 100)  # so that there are several
    given = rows(unit, dtype=dtype, layers=all_layers)
    module.write(tmp_path, "part", given, settings(unit=unit, dtype=dtype, layers=Layers(all=all_layers)))
    table = pq.read_table(tmp_path / "part.parquet")
    assert table.column_names == ["id", "text", "words", "vectors", *(["layers"] if all_layers else [])]
    found = table.to_pylist()
    assert [(row["id"], row["text"], row["words"]) for row in found] == [row[:3] for row in given]
    for expected, row in zip(given, found):
        assert np.array_equal(np.array(row["vectors"], dtype), expected.vectors)
        assert not all_layers or np.array_equal(np.array(row["layers"], dtype), expected.layers)
    assert table.schema.metadata[b"spacy-elmo.digest"] == b"d"


def test_the_same_rows_have_the_same_bytes(tmp_path: Path):
    given = rows("words")
    for name in ("a", "b"):
        module.write(tmp_path, name, given, settings())
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
