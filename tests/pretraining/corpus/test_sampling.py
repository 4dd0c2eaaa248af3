import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_elmo.pretraining.corpus.sampling import count_tokens, take_pass

DOCUMENTS = st.lists(st.tuples(st.integers(1, 30), st.sampled_from([0.1, 0.5, 1.0, 1.7, 3.0])), min_size=1, max_size=20)


def make(documents: list[tuple[int, float]]) -> tuple[np.ndarray, np.ndarray]:
    lengths, weights = zip(*documents)
    return np.concatenate([[0], np.cumsum(lengths)]), np.array(weights)


def times_read(bounds: np.ndarray, weights: np.ndarray, epochs: range) -> np.ndarray:
    """Return (tokens,), how often each is read in some passes, one after the other."""
    times = np.zeros(bounds[-1], dtype=int)
    for epoch in epochs:
        for start, stop in take_pass(bounds, weights, seed=3, epoch=epoch):
            times[start:stop] += 1
    return times


@settings(deadline=None, max_examples=60)
@given(DOCUMENTS, st.integers(1, 9))
def test_passes_read_each_token_as_often_as_its_weight_says(documents, n):
    bounds, weights = make(documents)
    times = times_read(bounds, weights, range(n))
    assert times.sum() == n * count_tokens(bounds, weights)
    for weight in np.unique(weights):
        found = times[np.repeat(weights, np.diff(bounds)) == weight]
        least = n * round(weight * len(found)) // len(found)
        assert set(found.tolist()) <= {least, least + 1}


def test_without_other_weights_each_pass_reads_all_documents_in_the_order_of_the_text():
    bounds, weights = make([(3, 1.0), (5, 1.0), (2, 1.0)])
    for epoch in range(3):
        assert take_pass(bounds, weights, seed=0, epoch=epoch).tolist() == [[0, 3], [3, 8], [8, 10]]


def test_half_of_the_text_is_another_half_in_the_next_pass():
    bounds, weights = make([(10, 0.5)] * 8)
    first, second = (times_read(bounds, weights, range(epoch, epoch + 1)) for epoch in (0, 1))
    assert (first + second == 1).all()
    third = times_read(bounds, weights, range(2, 3))
    assert (third != first).sum() > 0, "a turn has an order of its own"


def test_seeds_decide_the_part():
    bounds, weights = make([(10, 0.5)] * 20)
    parts = [take_pass(bounds, weights, seed=seed, epoch=0).tolist() for seed in (1, 1, 2)]
    assert parts[0] == parts[1] != parts[2]
