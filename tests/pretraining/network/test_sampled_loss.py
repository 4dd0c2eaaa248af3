from typing import NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from spacy_elmo.pretraining.network import sampled_loss
from spacy_elmo.pretraining.network.sampled_loss import NOWHERE, Candidates, cross_entropy, normalize
from tests.support.training_kernels import each_kernel, use

WIDTH = 3
TOLERANCE = 1e-10  # double precision, with sums in another order


class Case(NamedTuple):
    """Arguments of `cross_entropy`."""

    h: Tensor
    weight: Tensor
    bias: Tensor
    targets: Tensor
    candidates: Candidates


def make_case(n_words: int = 9, rows: int = 5, ids: tuple[int, ...] = (0, 2, 3, 7), *, seed: int = 0) -> Case:
    """Return random rows in double precision, and candidates with random offsets."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    parameters = (draw(*shape).requires_grad_() for shape in ((2, rows, WIDTH), (n_words, WIDTH), (n_words,)))
    targets = torch.randint(n_words, (2, rows), generator=generator)
    return Case(*parameters, targets, Candidates(torch.tensor(ids), draw(len(ids))))


def by_hand(case: Case) -> Tensor:
    """Return (2,), the loss by logits of all words, from which those that do not count are taken out."""
    logits = case.h @ case.weight.T + case.bias
    places = case.targets[:, :, None]
    true = logits.gather(2, places)
    offsets = torch.full((len(case.weight),), -torch.inf, dtype=torch.float64)
    offsets[case.candidates.ids] = case.candidates.offsets
    return ((logits + offsets).scatter(2, places, true).logsumexp(dim=2) - true[:, :, 0]).sum(dim=1)


def gradients(case: Case, losses: Tensor) -> list[Tensor]:
    weights = torch.tensor([1.0, -3.0], dtype=torch.float64)  # of the two directions
    return list(torch.autograd.grad(losses @ weights, [case.h, case.weight, case.bias]))


def assert_close(found: object, expected: object) -> None:
    torch.testing.assert_close(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    n_words = draw(st.integers(1, 9))
    ids = draw(st.sets(st.integers(0, n_words - 1), min_size=1))
    return make_case(n_words, draw(st.integers(1, 6)), tuple(sorted(ids)), seed=draw(st.integers(0, 99)))


@settings(deadline=None)
@given(cases(), st.booleans(), st.integers(1, 30))
def test_loss_and_gradients_are_those_of_the_formula(case, sparse, block_logits):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampled_loss, "BLOCK_LOGITS", block_logits)
        losses = cross_entropy(*case, sparse=sparse)
    assert_close(losses, by_hand(case))
    assert_close([t.to_dense() for t in gradients(case, losses)], gradients(case, by_hand(case)))


def test_a_target_among_the_candidates_counts_once():
    case = make_case(ids=(0, 2, 7))
    among, alone = Candidates(torch.tensor([2, 7]), torch.zeros(2).double()), torch.full((2, 5), 2)
    other = Candidates(torch.tensor([7]), torch.zeros(1).double())
    case = case._replace(targets=alone)
    assert_close(cross_entropy(*case[:4], among, sparse=False), cross_entropy(*case[:4], other, sparse=False))


def test_a_target_that_is_told_apart_from_nothing_has_no_loss():
    case = make_case(ids=(2,))._replace(targets=torch.full((2, 5), 2))
    losses = cross_entropy(*case, sparse=False)
    assert losses.tolist() == [0, 0]
    assert all((gradient == 0).all() for gradient in gradients(case, losses))


def test_sparse_gradients_are_the_dense_ones_where_there_are_any():
    case = make_case(n_words=20)
    (_, *sparse), (_, *dense) = (gradients(case, cross_entropy(*case, sparse=choice)) for choice in (True, False))
    touched = sorted({*case.candidates.ids.tolist(), *case.targets.flatten().tolist()})
    assert len(touched) < 20
    for ours, theirs in zip(sparse, dense):
        assert ours.coalesce().indices()[0].tolist() == touched
        assert torch.equal(ours.to_dense(), theirs)


def test_logits_that_overflow_when_they_are_raised_are_fine():
    case = make_case()
    case = case._replace(h=(case.h * 1e4).detach().requires_grad_())
    losses = cross_entropy(*case, sparse=False)
    assert_close(losses, by_hand(case))
    assert_close(gradients(case, losses), gradients(case, by_hand(case)))


def test_a_second_derivative_is_refused():
    case = make_case()
    losses = cross_entropy(*case, sparse=False)
    (gradient,) = torch.autograd.grad(losses.square().sum(), case.h, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


@each_kernel
@pytest.mark.parametrize("n", [1, 31, 32, 100])
def test_losses_and_probabilities_are_those_of_the_formula(n, kernel, monkeypatch):
    use(kernel, monkeypatch)
    generator = torch.Generator().manual_seed(0)
    logits, true = 20 * torch.randn(4, n, generator=generator), 20 * torch.randn(4, generator=generator)
    true[3] = -500.0  # far below all
    offsets, sums = torch.randn(n, generator=generator), torch.ones(n)
    places = torch.tensor([0, NOWHERE, n - 1, NOWHERE])
    every = torch.cat([true[:, None], logits + offsets], dim=1).double()
    every[[0, 2], [1, n]] = -torch.inf
    losses, found = torch.empty(4), logits.clone()
    normalize(found, offsets, true, places, losses=losses, sums=sums)
    expected = every.softmax(dim=1)[:, 1:]
    torch.testing.assert_close(losses.double(), -every.log_softmax(dim=1)[:, 0], rtol=1e-6, atol=1e-5)  # of float32
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(sums.double(), 1 + expected.sum(dim=0), rtol=1e-6, atol=1e-6)
    assert found[0, 0] == found[2, n - 1] == 0


@each_kernel
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_makes_no_loss(value, kernel, monkeypatch):
    use(kernel, monkeypatch)
    logits, losses = torch.zeros(2, 40), torch.empty(2)
    logits[1, 7] = value
    normalize(logits, torch.zeros(40), torch.zeros(2), torch.full((2,), NOWHERE), losses=losses, sums=torch.zeros(40))
    assert losses.isnan().tolist() == [False, True]
