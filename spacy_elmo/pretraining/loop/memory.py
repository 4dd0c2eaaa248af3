"""How much memory a run takes, estimated before it, and how much there is."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ...bilm.config import BiLMConfig

BYTES = 4  # of a float32


def model_bytes(config: BiLMConfig, n_parameters: int, *, rows: int, slots: int) -> int:
    """Estimate what training a biLM without its softmax takes: parameters, gradients, the optimizer's state, and what
    each layer keeps for the way back.

    rows: steps * lanes of this process, in each direction. slots: numbers the optimizer keeps for each parameter.
    """
    kept = rows * (9 * config.hidden_size + 4 * config.projection_size)
    return BYTES * (n_parameters * (2 + slots) + 2 * config.n_layers * kept)


def available_bytes() -> int | None:
    """Return how much memory this process can still get; None where the system does not say."""
    found = []
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found.append(1024 * int(next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))))
    with suppress(OSError, ValueError):  # a container's own limit; "max" for none
        limit, used = (int(Path(f"/sys/fs/cgroup/memory.{name}").read_text()) for name in ("max", "current"))
        found.append(limit - used)
    return min(found, default=None)


def check_memory(needed: dict[str, int], available: int | None) -> str:
    """Return one line on what is needed, by part, and what there is.

    Raises ValueError where that is not enough."""
    total = sum(needed.values())
    parts = ", ".join(f"{part} {_gigabytes(size)}" for part, size in needed.items())
    there = "" if available is None else f"; {_gigabytes(available)} are free"
    line = f"memory: about {_gigabytes(total)} ({parts}){there}"
    if available is not None and total > available:
        remedy = "lower max_words or the model's sizes, take the sampled or adaptive softmax, or fewer lanes"
        raise ValueError(f"{line}; {remedy}")
    return line


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.2f} GB"
