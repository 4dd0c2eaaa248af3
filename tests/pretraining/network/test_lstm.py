from dataclasses import replace

import pytest
import torch

from spacy_elmo.bilm import BiLM, State
from spacy_elmo.pretraining.network.lstm import run_window
from tests.support.random_models import CONFIG
from tests.support.training_kernels import each_kernel, use

STEPS, ROWS = 9, 5
CLIPPED = {"cell_clip": 0.3, "projection_clip": 0.1}
VARIANTS = {
    "as published": {},
    "clipped at many steps": CLIPPED,
    "no clips": {"cell_clip": None, "projection_clip": None},
    "no projection": {"lstm_projection": False, "hidden_size": 6, "cell_clip": 0.3},
    "no skip connections": {"skip_connections": False, **CLIPPED},
    "one layer": {"n_layers": 1},
    "three layers": {"n_layers": 3, **CLIPPED},
}
variants = pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)


def make(changes, *, dropout=0.0):
    """Return a model, word vectors, a state that is not zero, and masks."""
    torch.manual_seed(0)
    config = replace(CONFIG, **changes)
    model = BiLM(config)
    x = torch.randn(2, STEPS, ROWS, config.projection_size, requires_grad=True)
    state = State(*(0.1 * torch.randn_like(t) for t in model.zero_state(ROWS)))
    masks = [torch.bernoulli(torch.full_like(x, 1 - dropout)) / (1 - dropout) for _ in range(config.n_layers + 1)]
    return model, x, state, masks if dropout else None


def by_autograd(model, x, state, masks):
    """The same through `ProjectedLSTM`."""
    outputs, hs, cs = [], [], []
    for direction, layers in enumerate((model.forward_layers, model.backward_layers)):
        z = x[direction] if masks is None else x[direction] * masks[0][direction]
        for i, lstm in enumerate(layers):
            y, h, c = lstm(z, torch.full((ROWS,), STEPS), state.h[direction, i], state.c[direction, i])
            z = z + y if i and model.config.skip_connections else y
            z = z if masks is None else z * masks[i + 1][direction]
            hs.append(h)
            cs.append(c)
        outputs.append(z)
    return torch.stack(outputs), State(torch.stack(hs).view_as(state.h), torch.stack(cs).view_as(state.c))


def gradients(run, model, x, state, masks):
    model.zero_grad()
    x.grad = None
    y, after = run(model, x, state, masks)
    weight = torch.sin(torch.arange(y.numel(), dtype=torch.float32)).view_as(y)
    (y * weight).sum().backward()
    lstm_parameters = [p for name, p in model.named_parameters() if "_layers." in name]
    return [y.detach(), *after, x.grad.clone(), *(p.grad.clone() for p in lstm_parameters)]


def assert_close(found, expected):
    """Sums in another order: float32 rounding, relative to the largest number of a tensor."""
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours - theirs).abs().max() <= 1e-5 * theirs.abs().max()


@variants
@each_kernel
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_outputs_state_and_gradients_are_those_of_autograd(changes, dropout, kernel, monkeypatch):
    use(kernel, monkeypatch)
    inputs = make(changes, dropout=dropout)
    assert_close(gradients(run_window, *inputs), gradients(by_autograd, *inputs))


@each_kernel
@pytest.mark.parametrize("hidden_size", [1, 31, 40])
def test_any_number_of_cells_is_computed(hidden_size, kernel, monkeypatch):
    use(kernel, monkeypatch)
    inputs = make({"hidden_size": hidden_size, "projection_size": 5, **CLIPPED})
    assert_close(gradients(run_window, *inputs), gradients(by_autograd, *inputs))


@each_kernel
def test_what_is_no_number_stays_none_and_large_numbers_saturate(kernel, monkeypatch):
    use(kernel, monkeypatch)
    model, x, state, _ = make({})
    x = x.detach().mul_(1e20)
    y, after = run_window(model, x, state)
    assert y.isfinite().all()
    assert (after.c.abs() <= CONFIG.cell_clip).all()
    x[0, 3, 1, 0] = float("nan")
    y, _ = run_window(model, x, state)
    assert y[0, 3:, 1].isnan().all()
    assert y.isnan().sum() == y[0, 3:, 1].numel()


def test_the_clipped_variant_clips_many_cells_and_outputs():
    _, (h, c) = run_window(*make(CLIPPED)[:3])
    assert (c.abs() == torch.tensor(0.3)).float().mean() > 0.05
    assert (h.abs() == torch.tensor(0.1)).float().mean() > 0.05


def test_the_state_carries_on_where_a_window_was_cut():
    model, x, state, _ = make({})
    whole, expected = run_window(model, x, state)
    first, middle = run_window(model, x[:, :4], state)
    second, after = run_window(model, x[:, 4:], middle)
    assert_close([torch.cat([first, second], dim=1), *after], [whole, *expected])
    assert not after.h.requires_grad


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_numbers_come_out_every_time(threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)  # with two, each direction has a thread
    try:
        first, second = (gradients(run_window, *make(CLIPPED, dropout=0.3)) for _ in range(2))
    finally:
        torch.set_num_threads(before)
    assert all(map(torch.equal, first, second))


def test_going_back_a_second_time_is_refused():
    y, _ = run_window(*make({})[:3])
    y.sum().backward(retain_graph=True)
    with pytest.raises(AttributeError):
        y.sum().backward()
