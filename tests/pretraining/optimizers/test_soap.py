from functools import partial

import pytest
import torch
from torch import nn

from spacy_elmo.pretraining.optimizers import Optimizer, Soap, constant
from spacy_elmo.pretraining.optimizers.soap import EVERY, WIDEST, has_basis

STEPS = 2 * EVERY + 3  # with two new bases


class Weights(nn.Module):
    """A matrix on end, one that lies, filters and a vector."""

    def __init__(self, turn: torch.Tensor | None = None):
        super().__init__()
        torch.manual_seed(0)
        turn = torch.eye(4) if turn is None else turn
        self.high = nn.Parameter(torch.randn(9, 4) @ turn)
        self.wide = nn.Parameter(torch.randn(3, 8))
        self.filters = nn.Parameter(torch.randn(7, 2, 3))
        self.vector = nn.Parameter(torch.randn(5))


def gradients(module: nn.Module, seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(p.shape, generator=generator) for name, p in module.named_parameters()}


def make_optimizer(module: nn.Module, make=Soap) -> Optimizer:
    return Optimizer(module, make=make, learn_rate=constant(0.01))


def train(optimizer: Optimizer, module: nn.Module, steps: range, turn: torch.Tensor | None = None) -> None:
    for seed in steps:
        for name, gradient in gradients(module, seed).items():
            getattr(module, name).grad = gradient @ turn if turn is not None and name == "high" else gradient
        optimizer.step()


def test_matrices_and_filters_have_a_basis_and_nothing_else_has():
    module = Weights()
    train(make_optimizer(module), module, range(1))
    found = {name: has_basis(p) for name, p in module.named_parameters()}
    assert found == {"high": True, "wide": True, "filters": True, "vector": False}
    assert has_basis(nn.Parameter(torch.zeros(WIDEST, WIDEST + 1)))
    assert not has_basis(nn.Parameter(torch.zeros(WIDEST + 1, WIDEST + 1)))
    assert not has_basis(torch.zeros(3, 3))


def test_what_has_no_basis_is_what_adam_makes_of_it():
    ours, theirs = Weights(), Weights()
    for module, make in ((ours, Soap), (theirs, partial(torch.optim.Adam, betas=(0.9, 0.999), fused=True))):
        train(make_optimizer(module, make), module, range(STEPS))
    assert torch.equal(ours.vector, theirs.vector)
    assert not torch.allclose(ours.high, theirs.high, atol=1e-3)


def test_turned_gradients_give_turned_weights():
    """What Adam does depends on the axes that weights are written down in; this does not."""
    turn = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(1))).Q
    plain, turned = Weights(), Weights(turn)
    train(make_optimizer(plain), plain, range(STEPS))
    train(make_optimizer(turned), turned, range(STEPS), turn)
    # float32; eigenvectors of near values move most
    torch.testing.assert_close(turned.high, plain.high @ turn, atol=1e-3, rtol=0)
    assert (plain.high - Weights().high).abs().max() > 0.05


def test_a_matrix_that_lies_is_as_one_on_end():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.high = nn.Parameter(torch.ones(6, 3))
            self.wide = nn.Parameter(torch.ones(3, 6))

    module = Two()
    optimizer = make_optimizer(module)
    for seed in range(STEPS):
        module.high.grad = gradients(module, seed)["high"]
        module.wide.grad = module.high.grad.T.contiguous()
        optimizer.step()
    torch.testing.assert_close(module.wide, module.high.T, atol=1e-5, rtol=1e-5)  # products in another order


def test_with_the_axes_as_its_basis_it_is_adam():
    """Gradients of which each row has one number make a diagonal mean, whose eigenvectors are the axes."""
    ours, theirs = (nn.Linear(4, 4, bias=False) for _ in range(2))
    theirs.load_state_dict(ours.state_dict())
    optimizers = [make_optimizer(ours), make_optimizer(theirs, torch.optim.Adam)]
    for seed in range(STEPS):
        numbers = torch.randn(4, generator=torch.Generator().manual_seed(seed))
        for optimizer, module in zip(optimizers, (ours, theirs)):
            module.weight.grad = torch.diag(numbers)
            optimizer.step()
    torch.testing.assert_close(ours.weight.diagonal(), theirs.weight.diagonal(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("steps", [1, EVERY - 1, EVERY, EVERY + 1])
def test_going_on_from_its_state_is_going_on(steps: int):
    module, again = Weights(), Weights()
    optimizer = make_optimizer(module)
    train(optimizer, module, range(steps))
    again.load_state_dict(module.state_dict())
    resumed = make_optimizer(again)
    resumed.load(optimizer.tensors(), optimizer.values())
    train(optimizer, module, range(steps, STEPS))
    train(resumed, again, range(steps, STEPS))
    assert all(map(torch.equal, module.parameters(), again.parameters()))


@pytest.mark.parametrize("name", ["vector/basis", "high/basis", "high/exp_avg"])
def test_a_state_of_another_shape_is_refused(name: str):
    module = Weights()
    optimizer = make_optimizer(module)
    train(optimizer, module, range(1))
    with pytest.raises(ValueError, match=f"state of the optimizer: {name} of shape .* fits no parameter"):
        make_optimizer(Weights()).load({**optimizer.tensors(), name: torch.zeros(3, 2)}, optimizer.values())
