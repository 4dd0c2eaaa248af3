"""By Triton's interpreter where there is no GPU: TRITON_INTERPRET=1 has to be set before it is imported."""

import os
import sys
from types import SimpleNamespace

import pytest
import torch

from spacy_elmo.pretraining.network.cells import Activations, Cells, FusedCells
from spacy_elmo.pretraining.network.sampled_loss import NOWHERE, normalize
from tests.support.devices import CPU, CUDA

DEVICE = CUDA if torch.cuda.is_available() else CPU
STEPS, ROWS, HIDDEN = 3, 7, 24


@pytest.fixture(scope="module")
def kernels():
    if DEVICE == CPU:
        if "triton" in sys.modules and os.environ.get("TRITON_INTERPRET") != "1":
            pytest.skip("Triton was imported to run on a GPU, and there is none")
        os.environ["TRITON_INTERPRET"] = "1"
    pytest.importorskip("triton", reason="Triton is not installed: it comes with torch for CUDA")
    from spacy_elmo.pretraining.network.gpu import kernels

    return kernels


def run_cells(clip: float | None, *kinds: object) -> list[torch.Tensor]:
    """Return what the cells of a layer write on their way there and back."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(STEPS, ROWS, 8), (STEPS, ROWS, 4 * HIDDEN), (STEPS + 1, ROWS, 8), (STEPS + 1, ROWS, HIDDEN)]
    shapes += [(STEPS, ROWS, HIDDEN), (STEPS, ROWS, HIDDEN), (4 * HIDDEN,), (ROWS, HIDDEN), (ROWS, HIDDEN)]
    *saved, bias, d_gated, d_c = (torch.randn(*shape, generator=generator).to(DEVICE) for shape in shapes)
    config = SimpleNamespace(hidden_size=HIDDEN, cell_clip=clip)
    make, *others = kinds
    cells = make(config, Activations(*saved), bias, *others)
    for step in range(STEPS):
        cells.forward(step)
    for step in reversed(range(STEPS)):
        cells.backward(step, d_gated, d_c)
    return [*saved, d_c]


@pytest.mark.parametrize("clip", [None, 0.5])
def test_cells_are_those_of_torch(clip, kernels):
    found, expected = run_cells(clip, FusedCells, kernels), run_cells(clip, Cells)
    torch.testing.assert_close(found, expected)


def test_what_is_not_a_number_stays(kernels):
    gates, bias = torch.zeros(1, 4, device=DEVICE), torch.zeros(4, device=DEVICE)
    gates[0, 3] = torch.nan
    outs = [torch.zeros(1, 1, device=DEVICE) for _ in range(3)]
    kernels.cells_forward(gates, bias, torch.zeros(1, 1, device=DEVICE), outs, 3.0)
    assert all(out.isnan().all() for out in outs)


@pytest.mark.parametrize("n", [1, 64, 100])
def test_losses_and_probabilities_are_those_of_torch(n, kernels):
    generator = torch.Generator().manual_seed(0)
    logits, targets = (torch.randn(*shape, generator=generator).to(DEVICE) for shape in ((37, n), (37,)))
    offsets = torch.randn(n, generator=generator).to(DEVICE)
    places = torch.randint(n, (37,), generator=generator).to(DEVICE)
    places[::3] = NOWHERE
    ours, theirs = torch.empty(37, device=DEVICE), torch.empty(37)
    probabilities, expected = logits.clone(), logits.clone().cpu()
    kernels.normalize(probabilities, offsets, targets, places, ours)
    normalize(expected, offsets.cpu(), targets.cpu(), places.cpu(), losses=theirs, sums=torch.zeros(n))
    torch.testing.assert_close(probabilities.cpu(), expected)
    torch.testing.assert_close(ours.cpu(), theirs)
