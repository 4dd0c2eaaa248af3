"""One run on one device or several."""

from pathlib import Path

import pytest
import torch

from spacy_elmo.pretraining.loop.checkpoint import latest_checkpoint
from spacy_elmo.pretraining.loop.distributed import join
from spacy_elmo.pretraining.loop.trainer import Trainer
from tests.pretraining.loop.test_trainer import go, parameters, same
from tests.support.devices import CPU, CUDA, NO_GPU, devices
from tests.support.runs import tiny_trainer


def devices_of(trainer: Trainer) -> set[str]:
    """Return where the numbers are that a step changes, but for those that count steps."""
    moments = [t for t in trainer.optimizer.tensors().values() if t.dim()]
    return {t.device.type for t in (*trainer.objective.state_dict().values(), *trainer.state, *moments)}


@devices
def test_a_run_goes_on_to_the_last_digit(device: torch.device, tmp_path: Path):
    with join(device):
        whole = tiny_trainer(tmp_path / "corpus", device=device)
        go(whole, tmp_path / "whole")
        go(tiny_trainer(tmp_path / "corpus", device=device), tmp_path / "parts", stop_after=7)
        second = tiny_trainer(tmp_path / "corpus", device=device)
        second.load(latest_checkpoint(tmp_path / "parts"))
        go(second, tmp_path / "parts")
    assert same(parameters(whole), parameters(second))
    assert devices_of(second) == {device.type}


@pytest.mark.parametrize(
    ("first", "second"),
    [(CPU, CPU), pytest.param(CPU, CUDA, marks=NO_GPU), pytest.param(CUDA, CPU, marks=NO_GPU)],
    ids=str,
)
def test_a_run_goes_on_on_another_device(first: torch.device, second: torch.device, tmp_path: Path):
    go(tiny_trainer(tmp_path / "corpus", device=first), tmp_path / "run", stop_after=7)
    trainer = tiny_trainer(tmp_path / "corpus", device=second)
    checkpoint = latest_checkpoint(tmp_path / "run")
    assert {t.device for t in checkpoint.tensors.values()} == {CPU}
    trainer.load(checkpoint)
    assert devices_of(trainer) == {second.type}
    assert go(trainer, tmp_path / "run") == 5
    assert trainer.history[-1]["step"] == 12


@devices
def test_the_start_is_the_same_on_any_device(device: torch.device, tmp_path: Path):
    found, expected = (parameters(tiny_trainer(tmp_path / "corpus", device=place)) for place in (device, CPU))
    assert all(torch.equal(found[name].cpu(), expected[name]) for name in expected)
