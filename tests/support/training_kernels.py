"""What computes the parts of training that are in C, by turns: torch, and the kernel at each width of vectors."""

from __future__ import annotations

import pytest

from spacy_elmo.bilm.inference.native import kernels

PATHS = {"torch": None, **{f"kernel {kernel.width}": kernel for kernel in kernels()}}
each_kernel = pytest.mark.parametrize("kernel", PATHS.values(), ids=PATHS)


def use(kernel: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a kernel compute from here on; None for torch."""
    for module in ("cells", "char_cnn", "sampled_loss"):
        monkeypatch.setattr(f"spacy_elmo.pretraining.network.{module}.find_kernel", lambda: kernel)
