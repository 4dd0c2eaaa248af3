"""The processes of a run: one, or those that `torchrun` started, on one machine or many."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ...util.threads import CPU

LOST = "gloo", "nccl", "connection", "timed out"  # what errors speak of where a process is gone
PREPARE_TIMEOUT = timedelta(days=7)  # how long the others wait while the main process prepares text


class LostProcessError(ConnectionError):
    """Another process of the run is gone; the message says how to go on."""


class World:
    """All processes of a run, which of them this one is, and where it computes.

    Args:
        rank: Number of this one, from 0.
        size: Number of processes.
        device: On which this one has the model.
    """

    def __init__(self, rank: int = 0, size: int = 1, device: torch.device = CPU):
        self.rank, self.size, self.device = rank, size, device
        self._preparing = dist.new_group(timeout=PREPARE_TIMEOUT, backend="gloo") if size > 1 else None

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes files and speaks to people."""
        return self.rank == 0

    def share(self, module: nn.Module, *, find_unused_parameters: bool = False) -> nn.Module:
        """Return a module whose gradients are means over all processes.

        Args:
            module: What is trained.
            find_unused_parameters: Whether a step may need only some of the parameters.
        """
        if self.size == 1:
            return module
        with self.watching():
            return DistributedDataParallel(module, find_unused_parameters=find_unused_parameters)

    def any(self, here: bool) -> bool:
        """Return whether it is so in any process."""
        return bool(self.sum(torch.tensor([float(here)])).item()) if self.size > 1 else here

    def sum(self, values: Tensor) -> Tensor:
        """Return the sums over all processes, in each of them."""
        if self.size > 1:
            with self.watching():
                values = values.clone()
                dist.all_reduce(values)
        return values

    def join_lanes(self, values: Tensor) -> Tensor:
        """Return (directions, layers, all lanes, width), given the values of this process's lanes."""
        if self.size == 1:
            return values
        parts = [torch.empty_like(values) for _ in range(self.size)]
        with self.watching():
            dist.all_gather(parts, values.contiguous())
        return torch.cat(parts, dim=2)

    def own_lanes(self, values: Tensor) -> Tensor:
        """Return (directions, layers, lanes of this process, width), copied from the values of all lanes."""
        own = values.chunk(self.size, dim=2)[self.rank].clone(memory_format=torch.contiguous_format)
        return own.to(self.device)

    @contextmanager
    def main_process_first(self) -> Iterator[None]:
        """Let the main process through the block, and the others after it."""
        if self.rank > 0:
            self._wait()
        yield
        if self.rank == 0:
            self._wait()

    def _wait(self) -> None:
        if self.size > 1:
            with self.watching():
                dist.barrier(self._preparing)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Raise LostProcessError where the block fails because another process is gone."""
        try:
            yield
        except RuntimeError as error:
            if self.size == 1 or not _is_lost(error):
                raise
            reason = str(error).strip().splitlines()[-1]
            problem = f"process {self.rank} of {self.size}: another process of this run is gone ({reason:.120})"
            raise LostProcessError(f"{problem}; start all of them again with --resume") from error


@contextmanager
def join(device: torch.device = CPU) -> Iterator[World]:
    """Join the processes that `torchrun` started; a world of one without it.

    Args:
        device: Where this process computes. Several GPUs speak by NCCL, CPUs by gloo.
    """
    with _exact(device), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse invariant checks are implicitly disabled")  # as they are meant to be
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            yield World(device=device)
            return
        # What processes tell each other besides gradients and states is on the CPU
        dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Grad strides do not match")  # of a filter of one character; harmless
                yield World(dist.get_rank(), dist.get_world_size(), device)
        finally:
            dist.destroy_process_group()


@contextmanager
def _exact(device: torch.device) -> Iterator[None]:
    """Have a GPU compute in the block, with sums in one order, so that a run goes on exactly there too."""
    if device.type != "cuda":
        yield
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read at the first product
    settings: Any = torch.utils.deterministic
    fills, before = settings.fill_uninitialized_memory, torch.get_deterministic_debug_mode()
    settings.fill_uninitialized_memory = False
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        with torch.cuda.device(device), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The AccumulateGrad node's stream does not match")  # that of a graph
            yield
    finally:
        torch.set_deterministic_debug_mode(before)
        settings.fill_uninitialized_memory = fills


@contextmanager
def interruptible() -> Iterator[Callable[[], int | None]]:
    """Note signals to stop instead of dying of them, so that the step at hand is finished and saved.

    A second signal does what it always does. Outside of the main thread, where Python has no signals, none are noted.

    Yields:
        Returns the number of the signal, None where none came.
    """
    caught: list[int] = []
    before: dict[int, Any] = {}

    def note(number: int, _: Any) -> None:
        caught.append(number)
        signal.signal(number, before[number])

    is_main = threading.current_thread() is threading.main_thread()
    for kind in (signal.SIGINT, signal.SIGTERM) if is_main else ():
        before[kind] = signal.signal(kind, note)
    try:
        yield lambda: caught[0] if caught else None
    except LostProcessError:
        before[signal.SIGTERM] = signal.SIG_IGN  # torchrun ends the others at once: this one has to say why first
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_lost(error: RuntimeError) -> bool:
    """Gloo and NCCL report what happened to their sockets in words only."""
    text = str(error).lower()
    return isinstance(error, dist.DistError) or any(word in text for word in LOST)
