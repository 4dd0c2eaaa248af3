"""The training loop, and the state by which a run goes on exactly where it was."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...bilm.model import State
from ..corpus.ahead import ReadAhead, read_step
from ..corpus.windows import Window, Windows
from ..network.objective import Objective
from ..optimizers import Optimizer
from .checkpoint import Checkpoint, remove_old, write_checkpoint
from .distributed import World
from .limits import Limits
from .perplexity import Perplexity, measure

AVERAGE = "average/"  # what the names of averages of parameters begin with in a checkpoint


class Progress(NamedTuple):
    """Where a run stands after a step.

    Attributes:
        step: Number of steps taken.
        epoch: Number of times that the text was read to its end.
        words: Tokens predicted, in each direction.
        seconds: Time spent in training.
        loss: Nats a token since the evaluation before, the mean of both directions. NaN where none ended this step.
        speed: Tokens a second since the evaluation before. NaN where none ended this step.
        learn_rate: Of the next step.
        seconds_left: At the pace of the whole run.
        dev: Perplexity of the held-out text where this step ended with an evaluation, else None.
        is_best: Whether that is the best of all evaluations so far.
    """

    step: int
    epoch: int
    words: int
    seconds: float
    loss: float
    speed: float
    learn_rate: float
    seconds_left: float
    dev: Perplexity | None
    is_best: bool


class Trainer:
    """A run in memory.

    Args:
        objective: What is trained.
        optimizer: Of its parameters.
        windows: The text to train on, the lanes of this process.
        dev: The text to evaluate on, the lanes of this process.
        world: All processes.
        seed: With the step and the process, decides dropout and negatives.
        find_unused_parameters: Whether a step may need only some of the parameters.
    """

    def __init__(
        self,
        objective: Objective,
        optimizer: Optimizer,
        windows: Windows,
        dev: Windows,
        *,
        world: World,
        seed: int,
        find_unused_parameters: bool = False,
    ):
        self.objective, self.optimizer, self.windows, self.dev = objective, optimizer, windows, dev
        self.world, self.seed, self.uses_all_parameters = world, seed, not find_unused_parameters
        self.shared = world.share(objective, find_unused_parameters=find_unused_parameters)
        self.state = objective.model.zero_state(len(windows.lanes))
        self.step, self.words, self.seconds = 0, 0, 0.0
        self._ahead = ReadAhead(windows) if world.device.type == "cuda" else None
        self._next: tuple[int, Window] | None = None  # the window of a step, prepared while a GPU computed
        self.loss_sum: float | Tensor = 0.0  # with the next two, since the last evaluation; where the model is
        self.loss_words, self.loss_seconds = 0, 0.0
        self.history: list[dict[str, Any]] = []  # the evaluations
        self.best: dict[str, Any] | None = None

    @property
    def epoch(self) -> int:
        """Number of times that the text was read to its end."""
        return self.step // self.windows.n_windows()

    def advance(self) -> None:
        """Take one step. Raises FloatingPointError where its gradients are not finite, and LostProcessError."""
        start = time.perf_counter()
        window = self._window(self.step)
        if self.step % self.windows.n_windows() == 0:  # documents in a new order, read from zero state as evaluated
            self.state = self.objective.model.zero_state(len(self.windows.lanes))
        # Drawn anew for every step, so that no random state has to outlive the process
        self.objective.manual_seed(derive_seed(self.seed, self.step, self.world.rank))
        self.objective.train()
        with self.world.watching():
            losses, self.state = self.shared(window, self.state)
            losses.mean().backward()
            if self._ahead is not None:
                self._next = self.step + 1, self.objective.prepare(self._ahead.window(self.step + 1))
        self.optimizer.step()
        self.step += 1
        self.words += losses.n_tokens * self.world.size
        self.loss_sum += losses.sums.detach().double().sum()
        self.loss_words += losses.n_tokens
        self._add_time(time.perf_counter() - start)

    def _window(self, step: int) -> Window:
        if self._next is not None and self._next[0] == step:
            return self._next[1]
        return read_step(self.windows, step) if self._ahead is None else self._ahead.window(step)

    def evaluate(self) -> Perplexity:
        """Measure the held-out text, note the result, and start a new mean of the loss."""
        start = time.perf_counter()
        self.objective.eval()
        with self.optimizer.averages.in_use():
            found = measure(self.objective.model, self.objective.evaluate, self.dev, world=self.world)
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
        total, words = self._sums().tolist()
        return total / (2 * words) if words else math.nan

    def _sums(self) -> Tensor:
        """Return (2,), the sum of the loss since the last evaluation and its words, over all processes."""
        return self.world.sum(torch.tensor([float(self.loss_sum), self.loss_words], dtype=torch.float64))

    def progress(self, limits: Limits, dev: Perplexity | None, loss: float, speed: float) -> Progress:
        """Return where the run stands; see `Progress`."""
        done = self.done(limits)
        return Progress(
            step=self.step,
            epoch=self.epoch,
            words=self.words,
            seconds=self.seconds,
            loss=loss,
            speed=speed,
            learn_rate=self.optimizer.learn_rate(),
            seconds_left=self.seconds * (1 - done) / done if done < 1 else 0.0,
            dev=dev,
            is_best=dev is not None and self.best is self.history[-1],
        )

    def done(self, limits: Limits) -> float:
        """Return the share of the run that is done by this process's clock."""
        epochs = self.step / self.windows.n_windows()
        return limits.done(steps=self.step, epochs=epochs, words=self.words, seconds=self.seconds)

    def save(self, folder: Path, *, keep: int) -> None:
        """Write a checkpoint of all processes, and remove those that are neither new nor the best.

        Args:
            folder: Where the checkpoints of the run are.
            keep: Number of the newest that stay.

        Raises:
            OSError: The system refuses.
        """
        state = State(self.world.join_lanes(self.state.h), self.world.join_lanes(self.state.c))
        sums = self._sums()
        if self.world.is_main:
            tensors = {f"objective/{name}": tensor for name, tensor in self.objective.state_dict().items()}
            tensors |= {f"optimizer/{name}": tensor for name, tensor in self.optimizer.tensors().items()}
            tensors |= {f"{AVERAGE}{name}": tensor for name, tensor in self.optimizer.averages.tensors.items()}
            tensors |= {"state/h": state.h, "state/c": state.c, "loss": sums}
            write_checkpoint(folder, self.step, tensors, self._facts())
            remove_old(folder, keep=keep, others=() if self.best is None else (self.best["step"],))

    def load(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint of a run with the same settings, on any number of processes."""
        tensors, facts = checkpoint.tensors, checkpoint.facts
        self.objective.load_state_dict(strip_prefix("objective/", tensors))
        self.optimizer.load(strip_prefix("optimizer/", tensors), facts["optimizer"])
        self.optimizer.averages.load(strip_prefix(AVERAGE, tensors))
        self.state = State(self.world.own_lanes(tensors["state/h"]), self.world.own_lanes(tensors["state/c"]))
        self.step, self.words, self.seconds = checkpoint.step, facts["words"], facts["seconds"]
        self.loss_seconds, self.history, self.best = facts["loss_seconds"], facts["history"], facts["best"]
        if self.world.is_main:
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
    """Train from where a run stands to its end, and yield after each step.

    Args:
        trainer: The run.
        limits: Where it ends.
        folder: For checkpoints, of which there is one after each evaluation, at the end and at an interruption.
        eval_frequency: Steps from one evaluation to the next; the last step ends with one too.
        keep: Number of the newest checkpoints that stay, besides the best.
        interrupted: Returns whether to stop now, to go on another time.

    Yields:
        Where the run stands.

    Raises:
        FloatingPointError: Numbers are no longer finite.
        OSError: A checkpoint cannot be written.
        LostProcessError: Another process of the run is gone.
    """
    is_end = trainer.world.any(trainer.done(limits) >= 1)
    while not is_end:
        trainer.advance()
        is_end = trainer.world.any(trainer.done(limits) >= 1)
        dev, stop = None, trainer.world.any(interrupted())
        loss, speed = math.nan, math.nan
        if trainer.step % eval_frequency == 0 or is_end:
            speed = trainer.loss_words * trainer.world.size / trainer.loss_seconds
            dev = trainer.evaluate()
            is_end = trainer.world.any(trainer.done(limits) >= 1)  # an evaluation may take the time that was left
            loss = trainer.history[-1]["loss"]
        if dev is not None or stop:
            trainer.save(folder, keep=keep)
        yield trainer.progress(limits, dev, loss, speed)
        if stop:
            return


def evaluated_weights(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights that the evaluation of a checkpoint was of: averages, where it has them."""
    return strip_prefix("objective/", tensors) | strip_prefix(AVERAGE, tensors)


def strip_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def derive_seed(*numbers: int) -> int:
    """Return a seed that differs wherever one of the numbers does."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))
