"""What tests of the encoder share."""

from collections.abc import Iterator

import pytest
import torch

from spacy_elmo.bilm.inference import native


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    """Give each direction its thread, as on most machines."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["native", "torch"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Compute with the kernel in C, and with torch."""
    if request.param == "torch":
        monkeypatch.setenv(native.SWITCH, "0")
    elif not native.kernels():
        pytest.skip("this install has no native kernel")
    return request.param


@pytest.fixture
def torch_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute with torch."""
    monkeypatch.setenv(native.SWITCH, "0")
