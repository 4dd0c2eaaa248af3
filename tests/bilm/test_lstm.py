from dataclasses import replace

import pytest
import torch

from spacy_elmo.bilm.lstm import ProjectedLSTM
from tests.support.random_models import CONFIG

STEPS, ROWS = 7, 3


def make_inputs(config=CONFIG):
    torch.manual_seed(0)
    shapes = (STEPS, ROWS, config.projection_size), (ROWS, config.projection_size), (ROWS, config.hidden_size)
    return [torch.randn(shape) for shape in shapes]


def full(rows=ROWS):
    return torch.full((rows,), STEPS)


@torch.no_grad()
def test_without_clips_it_is_the_lstm_of_torch():
    lstm = ProjectedLSTM(replace(CONFIG, cell_clip=None, projection_clip=None))
    theirs = torch.nn.LSTM(CONFIG.projection_size, CONFIG.hidden_size, proj_size=CONFIG.projection_size)
    order = [0, 1, 3, 2]  # ours i, f, o, g; torch's i, f, g, o
    for ours, name in ((lstm.input.weight, "weight_ih_l0"), (lstm.hidden.weight, "weight_hh_l0")):
        getattr(theirs, name).copy_(torch.cat([ours.chunk(4)[k] for k in order]))
    theirs.bias_ih_l0.copy_(torch.cat([lstm.gate_bias().chunk(4)[k] for k in order]))
    theirs.bias_hh_l0.zero_()
    theirs.weight_hr_l0.copy_(lstm.projection.weight)
    x, h, c = make_inputs()
    expected, (expected_h, expected_c) = theirs(x, (h[None], c[None]))
    for ours, other in zip(lstm(x, full(), h, c), (expected, expected_h[0], expected_c[0])):
        torch.testing.assert_close(ours, other)


def test_the_constant_of_the_forget_gate_is_added_to_the_second_gate():
    lstm = ProjectedLSTM(CONFIG)
    n = CONFIG.hidden_size
    expected = torch.zeros(4 * n)
    expected[n : 2 * n] = 1
    torch.testing.assert_close(lstm.gate_bias() - lstm.input.bias, expected)


@torch.no_grad()
@pytest.mark.parametrize(("clip", "width"), [("cell_clip", "c"), ("projection_clip", "h")])
def test_clips_bound_the_cells_and_the_output(clip, width):
    lstm = ProjectedLSTM(replace(CONFIG, **{clip: 0.05}))
    _, h, c = lstm(*_with_lengths(*make_inputs()))
    bounded = {"c": c, "h": h}
    assert bounded.pop(width).abs().max() == torch.tensor(0.05)
    assert bounded.popitem()[1].abs().max() != torch.tensor(0.05)


def _with_lengths(x, h, c):
    return x, full(), h, c


@torch.no_grad()
def test_the_projection_clip_is_unused_without_projection():
    config = replace(CONFIG, projection_size=12, projection_clip=1e-3, lstm_projection=False)
    _, h, _ = ProjectedLSTM(config)(*_with_lengths(*make_inputs(config)))
    assert h.abs().max() > 1e-2


@torch.no_grad()
def test_the_state_of_a_row_stops_at_its_end():
    lstm = ProjectedLSTM(CONFIG)
    x, h, c = make_inputs()
    _, all_h, all_c = lstm(x, torch.tensor([7, 4, 0]), h, c)
    _, short_h, short_c = lstm(x[:4], torch.full((3,), 4), h, c)
    # rows of a batch may differ in the last bit from a batch of another length: 1e-6
    torch.testing.assert_close(all_h[1], short_h[1], rtol=0, atol=1e-6)
    torch.testing.assert_close(all_c[1], short_c[1], rtol=0, atol=1e-6)
    assert torch.equal(all_h[2], h[2])
    assert torch.equal(all_c[2], c[2])


def test_gradients_are_those_of_the_formula():
    torch.manual_seed(0)
    config = replace(CONFIG, hidden_size=3, projection_size=2)
    lstm = ProjectedLSTM(config).double()
    x, h, c = (torch.randn(shape).double().requires_grad_() for shape in ((3, 2, 2), (2, 2), (2, 3)))
    assert torch.autograd.gradcheck(lambda *inputs: lstm(inputs[0], torch.tensor([3, 2]), *inputs[1:]), (x, h, c))
