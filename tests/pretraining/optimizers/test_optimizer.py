from contextlib import suppress
from copy import deepcopy
from functools import partial

import pytest
import torch
from torch import nn

from spacy_elmo.pretraining.optimizers import Averages, Optimizer, Soap, constant

N_ROWS, WIDTH = 12, 5
MAKERS = {
    "adam": partial(torch.optim.Adam, betas=(0.9, 0.99)),
    "adamw": partial(torch.optim.AdamW, weight_decay=0.1),
    "adagrad": partial(torch.optim.Adagrad, initial_accumulator_value=1.0),
    "fused adam": partial(torch.optim.Adam, fused=True),
    "soap": Soap,
}
makers = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


class Rows(nn.Module):
    """A table of which rows have gradients, and a dense parameter."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Parameter(torch.randn(N_ROWS, WIDTH))
        self.dense = nn.Parameter(torch.randn(WIDTH))


def set_gradients(module, ids, *, sparse, seed=0):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(len(ids), WIDTH, generator=generator)
    module.dense.grad = torch.randn(WIDTH, generator=generator)
    gradient = torch.sparse_coo_tensor(
        torch.tensor([ids]), values, (N_ROWS, WIDTH), is_coalesced=True, check_invariants=True
    )
    module.table.grad = gradient if sparse else gradient.to_dense()


def make_optimizer(module, make=MAKERS["adam"], **settings):
    return Optimizer(module, make=make, learn_rate=constant(0.1), **settings)


def train(optimizer, module, steps, *, ids=(1, 4, 7), sparse=True):
    for seed in steps:
        set_gradients(module, list(ids), sparse=sparse, seed=seed)
        optimizer.step()


def assert_rounding(found, expected):
    """Kernels round the ends of rows apart from their middles."""
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)


@makers
def test_rows_with_gradients_get_what_the_dense_optimizer_gives(make):
    ours, theirs = Rows(), Rows()
    train(make_optimizer(ours, make), ours, range(4))
    dense = (partial(torch.optim.Adam, fused=True) if make is Soap else make)(theirs.parameters(), lr=0.1)
    for seed in range(4):
        set_gradients(theirs, [1, 4, 7], sparse=False, seed=seed)
        dense.step()
    assert_rounding(ours.table[[1, 4, 7]], theirs.table[[1, 4, 7]])
    assert_rounding(ours.dense, theirs.dense)


@makers
def test_rows_without_gradients_stay_as_they_are(make):
    module = Rows()
    optimizer = make_optimizer(module, make)
    train(optimizer, module, range(2), ids=range(N_ROWS))
    others = [i for i in range(N_ROWS) if i not in (1, 4, 7)]
    before = {name: t[others].clone() for name, t in optimizer.tensors().items() if t.shape == module.table.shape}
    rows = module.table[others].clone()
    train(optimizer, module, range(3))
    assert torch.equal(module.table[others], rows)
    assert before
    for name, t in before.items():
        assert torch.equal(optimizer.tensors()[name][others], t)


def test_with_adagrad_rows_that_come_and_go_are_the_dense_optimizer_everywhere():
    ours, theirs = Rows(), Rows()
    optimizers = [make_optimizer(module, MAKERS["adagrad"]) for module in (ours, theirs)]
    for seed, ids in enumerate([[0, 3], [3, 5], [0], [2, 3, 11]]):
        for optimizer, module, sparse in zip(optimizers, (ours, theirs), (True, False)):
            train(optimizer, module, [seed], ids=ids, sparse=sparse)
    assert_rounding(ours.table, theirs.table)


def test_a_row_that_comes_later_counts_all_steps():
    ours, theirs = Rows(), Rows()
    for module, sparse in ((ours, True), (theirs, False)):
        optimizer = make_optimizer(module)
        train(optimizer, module, range(3), ids=[1], sparse=sparse)
        train(optimizer, module, [3], ids=[1, 2], sparse=sparse)
    assert_rounding(ours.table, theirs.table)  # nothing of row 2 was there to decay


def test_a_row_that_waits_does_not_move_on_by_its_momentum():
    ours, theirs = Rows(), Rows()
    for module, sparse in ((ours, True), (theirs, False)):
        optimizer = make_optimizer(module)
        train(optimizer, module, [0], ids=[1, 2], sparse=sparse)
        train(optimizer, module, [1], ids=[1], sparse=sparse)
    assert_rounding(ours.table[1], theirs.table[1])
    assert (ours.table[2] - theirs.table[2]).abs().max() > 0.01


@pytest.mark.parametrize("sparse", [True, False])
def test_clipping_is_that_of_torch_on_dense_gradients(sparse):
    module, dense = Rows(), Rows()
    optimizer = make_optimizer(module, partial(torch.optim.SGD), clip_norm=0.5)
    set_gradients(module, [1, 4], sparse=sparse)
    set_gradients(dense, [1, 4], sparse=False)
    expected = nn.utils.clip_grad_norm_(dense.parameters(), 0.5)
    assert optimizer.step() == pytest.approx(expected.item(), rel=1e-6)  # float32 sums
    for ours, theirs in zip(module.parameters(), dense.parameters()):
        assert_rounding(ours, theirs - 0.1 * theirs.grad)


def test_gradients_are_forgotten_after_a_step():
    module = Rows()
    train(make_optimizer(module), module, [0])
    assert module.table.grad is None
    assert module.dense.grad is None


@pytest.mark.parametrize("parameter", ["table", "dense"])
def test_a_gradient_that_is_not_finite_changes_nothing(parameter):
    module = Rows()
    optimizer = make_optimizer(module, clip_norm=1.0)
    train(optimizer, module, [0])
    before = deepcopy([*module.state_dict().values(), *optimizer.tensors().values()])
    set_gradients(module, [1, 2], sparse=True)
    getattr(module, parameter).grad *= torch.nan
    with pytest.raises(FloatingPointError, match="step 1: the gradient is nan"):
        optimizer.step()
    assert all(map(torch.equal, before, [*module.state_dict().values(), *optimizer.tensors().values()]))
    train(optimizer, module, [1])
    assert optimizer.n_steps == 2


@makers
@pytest.mark.parametrize("sparse", [True, False])
def test_going_on_from_the_state_is_going_on(make, sparse):
    module = Rows()
    optimizer = make_optimizer(module, make)
    train(optimizer, module, range(2), sparse=sparse)
    other = Rows()
    other.load_state_dict(module.state_dict())
    restored = make_optimizer(other, make)
    restored.load({name: t.clone() for name, t in optimizer.tensors().items()}, optimizer.values())
    train(optimizer, module, range(2, 5), sparse=sparse)
    train(restored, other, range(2, 5), sparse=sparse)
    assert optimizer.values() == restored.values()
    for ours, theirs in zip(module.parameters(), other.parameters()):
        assert torch.equal(ours, theirs)


def test_state_of_another_module_is_refused():
    with pytest.raises(ValueError, match=r"state of the optimizer: other/exp_avg of shape \(3,\) fits no parameter"):
        make_optimizer(Rows()).load({"other/exp_avg": torch.zeros(3)}, {"n_steps": 1})


def test_the_rate_follows_the_schedule():
    module = Rows()
    optimizer = Optimizer(module, make=partial(torch.optim.SGD), learn_rate=lambda step: 0.1 * step)
    before = module.dense.detach().clone()
    train(optimizer, module, [0])
    assert torch.equal(module.dense, before)
    train(optimizer, module, [0])
    assert not torch.equal(module.dense, before)
    assert optimizer.learn_rate() == pytest.approx(0.2)


def make_parameters() -> dict[str, nn.Parameter]:
    torch.manual_seed(0)
    return {"matrix": nn.Parameter(torch.randn(4, 3)), "bias": nn.Parameter(torch.randn(3))}


def move(parameters: dict[str, nn.Parameter]) -> None:
    with torch.no_grad():
        for p in parameters.values():
            p += torch.randn_like(p)


@pytest.mark.parametrize("decay", [0.9, 0.999])
def test_an_average_moves_with_each_of_the_first_steps_and_then_with_every_eighth(decay: float):
    parameters = make_parameters()
    averages = Averages(parameters, decay)
    expected = {name: p.detach().double() for name, p in parameters.items()}
    for step in range(1, 101):
        move(parameters)
        averages.update(step)
        if step <= 8 or step % 8 == 0:
            left = min(decay, (1 + step) / (10 + step)) ** 8
            expected = {name: left * before + (1 - left) * parameters[name] for name, before in expected.items()}
    for name, average in averages.tensors.items():
        torch.testing.assert_close(average.double(), expected[name], atol=1e-5, rtol=1e-5)  # of float32


def test_the_steps_before_the_last_tenth_hardly_weigh():
    """Parameters that jump from 0 to 1 at some step, 1,000 steps in all."""
    weights = []
    for jump in (500, 900):
        parameters = {"p": nn.Parameter(torch.zeros(1))}
        averages = Averages(parameters, 0.9999)
        for step in range(1, 1001):
            parameters["p"].data.fill_(float(step >= jump))
            averages.update(step)
        weights.append(1 - averages.tensors["p"].item())
    assert weights[0] < 0.01
    assert 0.3 < weights[1] < 0.5


def test_averages_take_the_place_of_parameters_within_a_block():
    parameters = make_parameters()
    averages = Averages(parameters, 0.9)
    move(parameters)
    trained, kept = ({n: t.detach().clone() for n, t in each.items()} for each in (parameters, averages.tensors))
    with suppress(KeyError), averages.in_use():
        assert all(torch.equal(parameters[name], average) for name, average in kept.items())
        raise KeyError
    assert all(torch.equal(parameters[name], p) for name, p in trained.items())
    assert all(torch.equal(averages.tensors[name], average) for name, average in kept.items())


def test_without_a_decay_nothing_is_kept():
    parameters = make_parameters()
    averages = Averages(parameters, None)
    before = {name: p.detach().clone() for name, p in parameters.items()}
    averages.update(1)
    with averages.in_use():
        assert all(torch.equal(parameters[name], p) for name, p in before.items())
    assert averages.tensors == {}


def test_averages_do_not_share_memory_with_what_they_are_loaded_from():
    averages, saved = Averages(make_parameters(), 0.9), {"matrix": torch.ones(4, 3), "bias": torch.ones(3)}
    averages.load(saved)
    assert torch.equal(averages.tensors["matrix"], saved["matrix"])
    saved["matrix"].zero_()
    assert averages.tensors["matrix"].sum() == 12
