"""The sums and maxima of conditional random fields, against all paths, one by one."""

from itertools import pairwise, product

import pytest
import torch

from project.paper.layers.crf import allow_bio, forbid, log_partition, negative_log_likelihood, viterbi

LENGTHS = torch.tensor([4, 1, 3])


@pytest.fixture
def scores():
    """Emissions of three sequences, with nonsense where they are padded, and transitions; three tags."""
    torch.manual_seed(0)
    emissions = torch.randn(3, 4, 3, dtype=torch.float64)
    emissions[1, 1:] = emissions[2, 3:] = 1e6
    return emissions, torch.randn(4, 4, dtype=torch.float64)


def score(emissions, transitions, path):
    states = [3, *path, 3]
    return sum(emissions[i, tag] for i, tag in enumerate(path)) + sum(transitions[a, b] for a, b in pairwise(states))


def paths(length):
    return list(product(range(3), repeat=length))


def test_the_partition_is_the_sum_over_all_paths(scores):
    emissions, transitions = scores
    found = log_partition(emissions, transitions, LENGTHS)
    for row, length, value in zip(emissions, LENGTHS, found):
        every = torch.stack([score(row, transitions, path) for path in paths(length)])
        assert torch.allclose(value, torch.logsumexp(every, dim=0))  # the order of sums differs


def test_viterbi_finds_the_best_of_all_paths(scores):
    emissions, transitions = scores
    found = viterbi(emissions, transitions, LENGTHS)
    for row, length, path in zip(emissions, LENGTHS, found):
        assert tuple(path[:length].tolist()) == max(paths(length), key=lambda path: score(row, transitions, path))


def test_the_likelihoods_of_all_paths_sum_to_one(scores):
    emissions, transitions = scores
    total = 0.0
    for path in paths(4):
        gold = torch.nn.functional.one_hot(torch.tensor([path]), 3).bool()
        total += torch.exp(-negative_log_likelihood(emissions[:1], transitions, LENGTHS[:1], gold))
    assert torch.allclose(total, torch.ones_like(total))


def test_unknown_tags_may_be_any(scores):
    emissions, transitions = scores
    gold = torch.ones(1, 4, 3, dtype=torch.bool)
    assert negative_log_likelihood(emissions[:1], transitions, LENGTHS[:1], gold) == 0.0
    gold[0, 2] = torch.tensor([False, True, False])
    known = [score(emissions[0], transitions, path) for path in paths(4) if path[2] == 1]
    every = log_partition(emissions[:1], transitions, LENGTHS[:1])[0]
    expected = every - torch.logsumexp(torch.stack(known), dim=0)
    assert torch.allclose(negative_log_likelihood(emissions[:1], transitions, LENGTHS[:1], gold), expected)


def test_gradients_are_those_of_finite_differences(scores):
    emissions, transitions = (values.clone().requires_grad_() for values in scores)
    gold = torch.nn.functional.one_hot(torch.tensor([[0, 1, 2, 0], [1, 0, 0, 0], [2, 2, 1, 0]]), 3).bool()

    def loss(emissions, transitions):
        return negative_log_likelihood(emissions, transitions, LENGTHS, gold)

    with torch.no_grad():  # differences at the padding would be lost in it
        emissions[1, 1:] = emissions[2, 3:] = 0.0
    assert torch.autograd.gradcheck(loss, (emissions, transitions), fast_mode=True)


def test_only_sequences_of_bio_are_allowed():
    allowed = allow_bio(["O", "B-X", "I-X", "B-Y", "I-Y"])
    before = {"I-X": [False, True, True, False, False, False], "I-Y": [False, False, False, True, True, False]}
    assert allowed[:, 2].tolist() == before["I-X"]
    assert allowed[:, 4].tolist() == before["I-Y"]
    assert allowed[:, [0, 1, 3, 5]].all()


def test_what_is_forbidden_is_not_predicted():
    torch.manual_seed(0)
    tags = ["O", "B-X", "I-X"]
    emissions = 10 * torch.randn(50, 6, 3)
    transitions = forbid(torch.zeros(4, 4), allow_bio(tags))
    for path in viterbi(emissions, transitions, torch.full((50,), 6)).tolist():
        found = [tags[i] for i in path]
        assert found[0] != "I-X"
        assert ("O", "I-X") not in pairwise(found)
