"""Runs in processes of their own, some of which die."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from spacy_elmo.pretraining.loop.checkpoint import list_checkpoints
from tests.conftest import ROOT
from tests.support.runs import STEPS, tiny_run

CHILD = ("-m", "tests.support.runs")
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
FILES = ("model-last/weights.safetensors", "model-last/softmax.safetensors", "model-best/weights.safetensors")


def child(output: Path, *arguments: str, launcher: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
    command = [sys.executable, *launcher, *CHILD, str(output), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    output = tmp_path_factory.mktemp("whole")
    tiny_run(output)
    return output


def assert_same_models(left: Path, right: Path) -> None:
    assert [name for name in FILES if (left / name).read_bytes() != (right / name).read_bytes()] == []


@pytest.mark.parametrize("threads", [1, 2])
def test_a_killed_run_goes_on_to_the_last_digit(threads: int, tmp_path: Path):
    step = random.randint(1, STEPS - 1)
    print("killed after step", step)
    tiny_run(tmp_path / "whole", threads=threads)
    assert child(tmp_path / "parts", "--kill-after", str(step), f"threads={threads}").returncode == -9
    tiny_run(tmp_path / "parts", threads=threads)
    assert_same_models(tmp_path / "whole", tmp_path / "parts")


def test_a_run_that_is_killed_while_it_saves_goes_on_from_the_checkpoint_before(whole: Path, tmp_path: Path):
    assert child(tmp_path, "--kill-while-saving", "8").returncode == -9
    assert list_checkpoints(tmp_path / "checkpoints") == [4]
    tiny_run(tmp_path)
    assert_same_models(whole, tmp_path)


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one process in which nothing is drawn, with averages beside the weights."""
    output = tmp_path_factory.mktemp("exact")
    tiny_run(output, dropout=0, softmax="full", average_decay=0.9)
    return output


def largest_difference(left: Path, right: Path) -> float:
    """Return how far models are apart, and the weights that training would go on with."""
    files = (*FILES[:2], f"checkpoints/step-{STEPS:09d}/state.safetensors")
    ours, theirs = (
        {k: v for f in files for k, v in load_file(folder / f).items() if not k.startswith(("optimizer", "state"))}
        for folder in (left, right)
    )
    assert list(ours) == list(theirs)
    return float(torch.stack([(ours[name] - theirs[name]).abs().max() for name in ours]).max())


# Sums over lanes are in another order, and Adam divides small gradients by their own size: 1e-4 of weights about 1


def test_two_processes_equal_one(exact: Path, tmp_path: Path):
    done = child(tmp_path, "dropout=0", 'softmax="full"', "average_decay=0.9", launcher=TORCHRUN)
    assert done.returncode == 0, done.stderr
    assert largest_difference(exact, tmp_path) < 1e-4


def test_a_lost_process_ends_the_run_with_a_checkpoint_to_go_on_from(exact: Path, tmp_path: Path):
    settings = ("dropout=0", 'softmax="full"', "average_decay=0.9")
    done = child(tmp_path, "--kill-second-after", "6", *settings, launcher=TORCHRUN)
    assert done.returncode != 0
    assert "another process of this run is gone" in done.stderr
    assert "start all of them again with --resume" in done.stderr
    assert "has a checkpoint of step 4" in done.stderr
    tiny_run(tmp_path, dropout=0, softmax="full", average_decay=0.9)
    assert largest_difference(exact, tmp_path) < 1e-4
