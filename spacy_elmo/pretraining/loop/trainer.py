"""The training loop, and the state by which a run goes on exactly where it was."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

import numpy as np
import torch

from ...bilm.model import State
from ..corpus.windows import Windows
from ..network.objective import Objective
from .checkpoint import Checkpoint, remove_old, write_checkpoint
from .distributed import World
from .optimizer import Optimizer
from .perplexity import Perplexity, measure


@dataclass(frozen=True)
class Limits:
    """Where a run ends: at the first of these that it reaches; None for no such limit.

    steps: updates. epochs: times through the text. words: tokens predicted, in each direction.
    seconds: time spent in training, interruptions not counted.
    Raises ValueError where there is none, or one is not above 0.
    """

    steps: int | None = None
    epochs: int | None = None
    words: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        given = {key: value for key, value in asdict(self).items() if value is not None}
        for key, value in given.items():
            if value <= 0:
                raise ValueError(f"max_{key} = {value}: must be above 0, or null for no such limit")
        if not given:
            raise ValueError("a run needs an end: set max_steps, max_epochs, max_words or max_seconds")

    def done(self, **reached: float) -> float:
        """Return the share of the run that is done, 1 or more at its end."""
        limits = asdict(self)
        return max(value / limits[key] for key, value in reached.items() if limits[key])


class Progress(NamedTuple):
    """How far a run is after a step.

    heldout: where this step ended with an evaluation, else None. is_best: of all evaluations so far.
    loss: nats a token from one evaluation to the next, the mean of both directions; speed: tokens a second; both NaN
        between evaluations.
    seconds_left: at the pace of the whole run.
    """

    step: int
    epoch: int
    words: int
    seconds: float
    loss: float
    speed: float
    learn_rate: float
    seconds_left: float
    heldout: Perplexity | None
    is_best: bool


class Trainer:
    """A run in memory.

    objective, optimizer: what is trained. windows, heldout: what is read, the lanes of this process.
    world: all processes. seed: with the step and the process, decides dropout and negatives.
    leaves_out: a step may need only some of the parameters.
    """

    def __init__(
        self,
        objective: Objective,
        optimizer: Optimizer,
        windows: Windows,
        heldout: Windows,
        *,
        world: World,
        seed: int,
        leaves_out: bool = False,
    ):
        self.objective, self.optimizer, self.windows, self.heldout = objective, optimizer, windows, heldout
        self.world, self.seed = world, seed
        self.shared = world.share(objective, leaves_out=leaves_out)
        self.state = objective.model.zero_state(len(windows.lanes))
        self.step, self.words, self.seconds = 0, 0, 0.0
        self.loss_sum, self.loss_words, self.loss_seconds = 0.0, 0, 0.0  # since the last evaluation
        self.history: list[dict[str, Any]] = []  # the evaluations
        self.best: dict[str, Any] | None = None

    @property
    def epoch(self) -> int:
        return self.step // self.windows.n_windows()

    def advance(self) -> None:
        """Take one step. Raises FloatingPointError where its gradients are not finite, and LostProcessError."""
        start = time.perf_counter()
        epoch, index = divmod(self.step, self.windows.n_windows())
        window = self.windows.window(epoch, index)
        if index == 0:  # documents in a new order, read from zero state as in an evaluation
            self.state = self.objective.model.zero_state(len(self.windows.lanes))
        # Drawn anew for every step, so that no random state has to outlive the process
        self.objective.generator.manual_seed(_mix(self.seed, self.step, self.world.rank))
        self.objective.train()
        with self.world.watching():
            losses, self.state = self.shared(window, self.state)
            losses.mean().backward()
        self.optimizer.step()
        self.step += 1
        self.words += losses.n_tokens * self.world.size
        self.loss_sum += losses.sums.detach().double().sum().item()
        self.loss_words += losses.n_tokens
        self._add_time(time.perf_counter() - start)

    def evaluate(self) -> Perplexity:
        """Measure the held-out text, note the result, and start a new mean of the loss."""
        start = time.perf_counter()
        self.objective.eval()
        found = measure(self.objective.model, self.objective.evaluate, self.heldout, world=self.world)
        self.seconds += time.perf_counter() - start
        note = {"step": self.step, "words": self.words, "seconds": self.seconds, "loss": self.loss()}
        note |= {"forward": found.forward, "backward": found.backward, "perplexity": found.mean}
        self.history.append(note)
        if self.best is None or found.mean < self.best["perplexity"]:
            self.best = note
        self.loss_sum, self.loss_words, self.loss_seconds = 0.0, 0, 0.0
        return found

    def loss(self) -> float:
        """Return nats a token since the last evaluation, over all processes."""
        total, words = self.world.sum(torch.tensor([self.loss_sum, self.loss_words], dtype=torch.float64)).tolist()
        return total / (2 * words) if words else math.nan

    def progress(self, limits: Limits, heldout: Perplexity | None, loss: float, speed: float) -> Progress:
        """Return how far the run is."""
        done = self.done(limits)
        left = self.seconds * (1 - done) / done if done < 1 else 0.0
        is_best = heldout is not None and self.best is self.history[-1]
        numbers = (self.step, self.epoch, self.words, self.seconds, loss, speed, self.optimizer.learn_rate(), left)
        return Progress(*numbers, heldout, is_best)

    def done(self, limits: Limits) -> float:
        """Return the share of the run that is done by this process's clock."""
        epochs = self.step / self.windows.n_windows()
        return limits.done(steps=self.step, epochs=epochs, words=self.words, seconds=self.seconds)

    def save(self, folder: Path, *, keep: int) -> None:
        """Write a checkpoint of all processes, and remove those that are neither new nor the best.

        Raises OSError where the system refuses."""
        state = State(self.world.join_lanes(self.state.h), self.world.join_lanes(self.state.c))
        sums = self.world.sum(torch.tensor([self.loss_sum, self.loss_words], dtype=torch.float64))
        if self.world.is_first:
            tensors = {f"objective/{name}": tensor for name, tensor in self.objective.state_dict().items()}
            tensors |= {f"optimizer/{name}": tensor for name, tensor in self.optimizer.tensors().items()}
            tensors |= {"state/h": state.h, "state/c": state.c, "loss": sums}
            write_checkpoint(folder, self.step, tensors, self._facts())
            remove_old(folder, keep=keep, others=() if self.best is None else (self.best["step"],))

    def load(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint of a run with the same settings, on any number of processes."""
        tensors, facts = checkpoint.tensors, checkpoint.facts
        self.objective.load_state_dict(below("objective/", tensors))
        self.optimizer.load(below("optimizer/", tensors), facts["optimizer"])
        self.state = State(self.world.own_lanes(tensors["state/h"]), self.world.own_lanes(tensors["state/c"]))
        self.step, self.words, self.seconds = checkpoint.step, facts["words"], facts["seconds"]
        self.loss_seconds, self.history, self.best = facts["loss_seconds"], facts["history"], facts["best"]
        if self.world.is_first:
            self.loss_sum, self.loss_words = tensors["loss"][0].item(), int(tensors["loss"][1].item())

    def _facts(self) -> dict[str, Any]:
        return {
            "words": self.words,
            "seconds": self.seconds,
            "loss_seconds": self.loss_seconds,
            "best": self.best,
            "history": self.history,
            "optimizer": self.optimizer.values(),
        }

    def _add_time(self, seconds: float) -> None:
        self.seconds += seconds
        self.loss_seconds += seconds


def train(
    trainer: Trainer,
    limits: Limits,
    folder: Path,
    *,
    eval_frequency: int,
    keep: int = 2,
    interrupted: Callable[[], bool] = lambda: False,
) -> Iterator[Progress]:
    """Train from where a run is to its end, and yield after each step.

    folder: for checkpoints, of which there is one after each evaluation, at the end and at an interruption.
    eval_frequency: steps from one evaluation to the next; the last step ends with one too.
    keep: number of the newest checkpoints that stay, besides the best.
    interrupted: whether to stop now, to go on another time.
    Raises FloatingPointError where numbers are no longer finite, OSError where a checkpoint cannot be written, and
    LostProcessError.
    """
    is_end = trainer.world.any(trainer.done(limits) >= 1)
    while not is_end:
        trainer.advance()
        is_end = trainer.world.any(trainer.done(limits) >= 1)
        heldout, stop = None, trainer.world.any(interrupted())
        loss, speed = math.nan, math.nan
        if trainer.step % eval_frequency == 0 or is_end:
            speed = trainer.loss_words * trainer.world.size / trainer.loss_seconds
            heldout = trainer.evaluate()
            is_end = trainer.world.any(trainer.done(limits) >= 1)  # an evaluation may take the time that was left
            loss = trainer.history[-1]["loss"]
        if heldout is not None or stop:
            trainer.save(folder, keep=keep)
        yield trainer.progress(limits, heldout, loss, speed)
        if stop:
            return


def below(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _mix(*numbers: int) -> int:
    """Return a seed that differs wherever one of the numbers does."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))
