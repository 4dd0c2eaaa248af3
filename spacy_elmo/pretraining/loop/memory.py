"""How much memory a run takes, estimated before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from ...bilm.config import BiLMConfig
from ...util.checks import available_bytes
from ..network.sampled_loss import BLOCK_LOGITS
from ..network.softmax import default_cutoffs

BYTES = 4  # of a float32
PROGRAM = 300_000_000  # bytes of Python and its libraries
BYTES_A_WORD = 300  # of a vocabulary with its index and counts


def program_bytes(n_words: int) -> int:
    """Estimate what a run takes besides its numbers.

    Args:
        n_words: Size of the vocabulary.
    """
    return PROGRAM + BYTES_A_WORD * n_words


def model_bytes(config: BiLMConfig, sizes: Sequence[int], *, rows: int, slots: int, frozen: bool = False) -> int:
    """Estimate what training a biLM without its softmax takes.

    That is parameters, gradients, the optimizer's state, what each layer keeps for the way back, and what the optimizer
    computes with for one parameter after the other.

    Args:
        config: Of the model.
        sizes: Numbers of each parameter.
        rows: Tokens that this process reads in a step, in each direction.
        slots: Numbers the optimizer keeps for each parameter: 2 for Adam and AdamW, 3 for SOAP, 1 for Adagrad.
        frozen: Whether it is not trained itself, and so has neither gradients nor a state.
    """
    kept = rows * (9 * config.hidden_size + 4 * config.projection_size)
    trained = 0 if frozen else sum(sizes) * (1 + slots) + 2 * max(sizes)
    return BYTES * (sum(sizes) + trained + 2 * config.n_layers * kept)


def softmax_bytes(n_words: int, width: int, *, candidates: int, rows: int, slots: int) -> int:
    """Estimate what training a softmax that is one matrix takes: parameters, the optimizer's state, gradients, logits.

    Args:
        n_words: Size of the vocabulary.
        width: Of the vectors.
        candidates: Words that have logits in a step; the whole vocabulary at most.
        rows: As of `model_bytes`.
        slots: As of `model_bytes`.
    """
    candidates = min(n_words, candidates)
    touched = min(n_words, candidates + 2 * rows) * (width + 1)
    parameters = n_words * (width + 1)
    return BYTES * (parameters * (1 + slots) + 4 * candidates * (width + 1) + touched + 2 * BLOCK_LOGITS)


def adaptive_softmax_bytes(n_words: int, width: int, *, div_value: float, rows: int, slots: int) -> int:
    """Estimate what training an adaptive softmax takes, with clusters where they are by default.

    Args:
        n_words: Size of the vocabulary.
        width: Of the vectors.
        div_value: Each cluster's width is the one before divided by this.
        rows: As of `model_bytes`.
        slots: As of `model_bytes`.
    """
    first, *starts = [*default_cutoffs(n_words), n_words]
    parameters = (first + len(starts)) * (width + 1)
    for i, (start, end) in enumerate(zip([first, *starts], starts)):
        parameters += int(width // div_value ** (i + 1)) * (width + end - start)
    return BYTES * (parameters * (2 + slots) + 3 * 2 * rows * first)  # autograd keeps logits


def free_bytes(device: torch.device) -> int | None:
    """Return how much memory this process can still get on a device; None where that is not known."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else available_bytes()


def check_memory(needed: dict[str, int], available: int | None) -> str:
    """Return one line on what is needed, by part, and what there is. Raises ValueError where that is not enough."""
    total = sum(needed.values())
    parts = ", ".join(f"{part} {_gigabytes(size)}" for part, size in needed.items())
    there = "" if available is None else f"; {_gigabytes(available)} are free"
    line = f"memory: about {_gigabytes(total)} ({parts}){there}"
    if available is not None and total > available:
        remedy = "lower max_words or the model's sizes, take the sampled or adaptive softmax, or a smaller batch_size"
        raise ValueError(f"{line}; {remedy}")
    return line


@contextmanager
def fitting() -> Iterator[None]:
    """Raise ValueError where the block makes tensors for which there is no memory, or no number of bytes."""
    try:
        yield
    except (MemoryError, RuntimeError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"the model cannot be made ({reason}); lower max_words or the model's sizes") from error


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.2f} GB"
