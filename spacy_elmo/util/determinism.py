"""Where the order of a GPU's work cannot matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def unique_indices() -> Iterator[None]:
    """Let a GPU write to indices in any order, each of which comes up once: it sorts them first otherwise."""
    before = torch.get_deterministic_debug_mode()
    if not before:
        yield
        return
    torch.set_deterministic_debug_mode("default")
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(before)
