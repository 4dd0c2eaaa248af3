"""Training whose products multiply bfloat16: near to that in float32, and everything but products float32."""

import math
from functools import partial

import pytest
import torch

from spacy_elmo.pretraining.network.products import add_product, is_slow, product
from spacy_elmo.pretraining.optimizers.optimizer import Optimizer
from spacy_elmo.pretraining.optimizers.schedules import constant
from tests.pretraining.network.test_objective import KINDS, LEARNS, make, make_window, start
from tests.support.devices import CPU

kinds = pytest.mark.parametrize("kind", [KINDS["full"], KINDS["sampled"]], ids=["full", "sampled"])


def gradients(kind, precision: str) -> dict[str, torch.Tensor]:
    objective = make(kind, config=LEARNS, dropout=0.1, precision=precision)
    losses, state = objective(make_window(), start(objective))
    losses.mean().backward()
    assert {t.dtype for t in (losses.sums, *state)} == {torch.float32}
    return {name: p.grad.to_dense() for name, p in objective.named_parameters()}


@kinds
def test_gradients_are_those_of_float32_to_a_hundredth(kind):
    found, expected = (gradients(kind, precision) for precision in ("bfloat16", "float32"))
    assert {t.dtype for t in found.values()} == {torch.float32}
    for name, t in expected.items():
        assert 0 < (found[name] - t).norm() < 0.012 * t.norm(), name  # bfloat16 has 8 bits


@kinds
def test_the_loss_falls_as_in_float32(kind):
    found = []
    for precision in ("float32", "bfloat16"):
        objective, window = make(kind, config=LEARNS, dropout=0.0, precision=precision), make_window()
        adam = partial(torch.optim.Adam, betas=(0.9, 0.99))
        optimizer = Optimizer(objective, make=adam, learn_rate=constant(0.01), clip_norm=1.0)
        for _ in range(120):
            objective(window, start(objective))[0].mean().backward()
            optimizer.step()
        found.append(math.exp(objective.evaluate(window, start(objective))[0].mean()))
        assert {t.dtype for t in optimizer.tensors().values()} == {torch.float32}
    assert found[1] < 1.5
    assert found[1] == pytest.approx(found[0], rel=0.05)


def test_products_are_rounded_once():
    torch.manual_seed(0)
    a, b = torch.randn(3, 500).bfloat16(), torch.randn(500, 4).bfloat16()
    exact = a.double() @ b.double()
    total, out = torch.ones(3, 4), torch.empty(3, 4)
    add_product(total, a, b)
    assert product(a, b, out=out) is out
    for found in (product(a, b), out, total - 1):
        assert found.dtype == torch.float32
        torch.testing.assert_close(found.double(), exact, rtol=2**-8, atol=1e-2)  # a sum of bfloat16 would be 0.1 off


@pytest.mark.parametrize(
    ("found", "slow"),
    [
        ({"avx2": True, "avx512_bf16": False}, True),
        ({"avx512_bf16": True}, False),
        ({"bf16": True}, False),
        ({}, False),
    ],
)
def test_a_processor_without_such_products_is_slow(found: dict, slow: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)
    assert is_slow("bfloat16", CPU) is slow
    assert not is_slow("float32", CPU)
