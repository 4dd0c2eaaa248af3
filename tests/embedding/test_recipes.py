"""The blocks of docs/embedding.md that need other packages, where these are installed."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from spacy_elmo.embedding import do_shard, embed_files
from tests.support.random_models import contents

PAGE = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text(encoding="utf8")
BLOCKS = re.findall(r"^```python notest\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NAMES = {"Path": Path, "Iterator": Iterator, "Sequence": Sequence, "partial": partial, "np": np, "do_shard": do_shard}


def find_block(package: str) -> str:
    """Return the block that imports a package."""
    (block,) = (block for block in BLOCKS if re.search(rf"(import|from) {package}\b", block))
    return block


@pytest.fixture
def vectors(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("The bank rose. We sat on the bank.\n\nMore.", encoding="utf8")
    embed_files(["texts"], "vectors", model=str(tiny_model), n_process=1)
    return tmp_path / "vectors"


@pytest.mark.parametrize("package", ["pandas", "polars", "duckdb", "datasets"])
def test_other_packages_read_the_table(package: str, vectors: Path):
    pytest.importorskip(package, reason=f"needs {package}")
    names = dict(NAMES)
    exec(find_block(package), names)
    if package == "pandas":
        assert (len(names["frame"]), names["vectors"].shape) == (3, (4, 8))
    if package == "polars":
        assert names["bank"].shape == (2, 3)
    if package == "datasets":
        assert np.shape(names["first"]) == (4, 8)


@pytest.mark.parametrize(("package", "output"), [("dask.distributed", "on_dask"), ("pyspark.sql", "on_spark")])
def test_other_engines_do_the_same_shards(
    package: str, output: str, vectors: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    module = pytest.importorskip(package, reason=f"needs {package}")
    if package == "dask.distributed":
        monkeypatch.setattr(module, "Client", partial(module.Client, n_workers=1, threads_per_worker=1))
    exec(find_block(package), {**NAMES, "embed_files": partial(embed_files, model=str(tiny_model))})
    assert contents(vectors.parent / output) == contents(vectors)
