import numpy as np
import pytest

from spacy_elmo.search.page.clusters import find_clusters


def around(*groups: int) -> np.ndarray:
    """Return vectors near one direction for each group."""
    vectors = np.eye(12)[list(groups)] + 0.05 * np.random.default_rng(0).normal(size=(len(groups), 12))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([4, 4, 1, 1, 4, 1], [0, 0, 1, 1, 0, 1]),
        ([3, 1, 2, 3, 1, 2, 3, 1, 2], [0, 1, 2, 0, 1, 2, 0, 1, 2]),
        ([5] * 20 + [6] * 2, [0] * 20 + [1] * 2),
        ([1, 1, 2], [0, 0, 1]),
    ],
    ids=["two", "three in turn", "a small one", "one alone"],
)
def test_uses_near_each_other_are_a_group(groups: list[int], expected: list[int]):
    assert find_clusters(around(*groups)) == expected


@pytest.mark.parametrize("count", [1, 2, 5])
def test_equal_uses_are_one_group(count: int):
    assert find_clusters(np.tile(around(0), (count, 1))) == [0] * count


def test_there_are_six_groups_at_most():
    assert max(find_clusters(around(*range(10), *range(10)))) == 5
