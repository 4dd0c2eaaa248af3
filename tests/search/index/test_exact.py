import numpy as np
import pytest

from spacy_elmo.search.index import exact
from spacy_elmo.search.index.exact import mix_block, nearest_rows, shard_cosines
from spacy_elmo.text.readers import CorpusError

WIDTH = 300
WEIGHTS = np.array([0, 0.25, 0.75], dtype="float32")


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(50, 3, WIDTH)).astype("float16")


@pytest.fixture(scope="module")
def query() -> np.ndarray:
    vector = np.random.default_rng(1).normal(size=WIDTH).astype("float32")
    return vector / np.linalg.norm(vector)


def gather(blocks) -> tuple[np.ndarray, np.ndarray]:
    rows, cosines = zip(*blocks)
    return np.concatenate(rows), np.concatenate(cosines)


def test_cosines_are_those_of_the_mix(vectors: np.ndarray, query: np.ndarray):
    rows, cosines = gather(shard_cosines(vectors, WEIGHTS, query))
    mixed = vectors[:, 1].astype("float64") / 4 + vectors[:, 2].astype("float64") * 0.75
    assert rows.tolist() == list(range(50))
    assert np.allclose(cosines, mixed @ query / np.linalg.norm(mixed, axis=1), atol=1e-6)  # sums of float32


@pytest.mark.parametrize("block", [WIDTH, 7 * WIDTH, 10**6])
def test_a_cosine_has_the_same_bits_in_any_block(
    vectors: np.ndarray, query: np.ndarray, monkeypatch: pytest.MonkeyPatch, block: int
):
    expected = gather(shard_cosines(vectors, WEIGHTS, query))[1]
    monkeypatch.setattr(exact, "BLOCK", block)
    chosen = np.array([0, 3, 4, 11, 49])
    assert np.array_equal(gather(shard_cosines(vectors, WEIGHTS, query))[1], expected)
    rows, cosines = gather(shard_cosines(vectors, WEIGHTS, query, chosen))
    assert np.array_equal(rows, chosen)
    assert np.array_equal(cosines, expected[chosen])


def test_a_vector_of_zeros_is_near_to_nothing(query: np.ndarray):
    assert gather(shard_cosines(np.zeros((2, 3, WIDTH), dtype="float16"), WEIGHTS, query))[1].tolist() == [0, 0]


def test_numbers_that_are_not_finite_are_refused(vectors: np.ndarray, query: np.ndarray):
    broken = vectors.copy()
    broken[7, 2, 3] = np.nan
    with pytest.raises(CorpusError, match="not finite"):
        list(shard_cosines(broken, WEIGHTS, query))


def test_sums_are_those_of_float32():
    assert mix_block(np.full((1, 2, 1), 60_000, dtype="float16"), np.ones(2, dtype="float32")).item() == 120_000


def blocks(cosines: list[float], size: int):
    values = np.array(cosines, dtype="float32")
    return ((np.arange(i, min(i + size, len(values))), values[i : i + size]) for i in range(0, len(values), size))


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_the_highest_come_first_and_of_equal_ones_the_first(size: int):
    rows, cosines = nearest_rows(blocks([0.1, 0.9, 0.5, 0.9, 0.5, 0.9, 0.5], size), 5)
    assert rows.tolist() == [1, 3, 5, 2, 4]
    assert cosines.tolist() == pytest.approx([0.9, 0.9, 0.9, 0.5, 0.5])


def test_fewer_rows_than_asked_for_are_all_returned():
    assert nearest_rows(blocks([0.1, 0.9], 1), 5)[0].tolist() == [1, 0]
    assert nearest_rows(iter(()), 5)[0].tolist() == []
