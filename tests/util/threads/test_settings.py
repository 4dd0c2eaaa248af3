import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import numpy as np
import pytest
import spacy
import torch

from spacy_elmo.util.threads import without_settings

TEXT = "The bank raised its rates. http://" + "x" * 60


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def default_device(device: str) -> Iterator[None]:
    torch.set_default_device(device)
    try:
        yield
    finally:
        torch.set_default_device(None)


@contextmanager
def deterministic() -> Iterator[None]:
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


SETTINGS: dict[str, Callable[[], AbstractContextManager]] = {
    "float64": lambda: default_dtype(torch.float64),
    "float16": lambda: default_dtype(torch.float16),
    "default device": lambda: default_device("meta"),
    "device": lambda: torch.device("meta"),
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "inference mode": torch.inference_mode,
    "no gradients": torch.no_grad,
    "deterministic": deterministic,
}


@pytest.mark.parametrize("first", [True, False], ids=["first use", "later"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_vectors_do_not_depend_on_settings_of_torch(setting: str, first: bool, tiny_model):
    def vectors(*, use: Callable[[], AbstractContextManager] | None = None) -> np.ndarray:
        nlp = spacy.blank("en")
        nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
        if not first:
            nlp("Other words.")
        if use is None:
            return nlp(TEXT)._.elmo_layers
        with use():
            return nlp(TEXT)._.elmo_layers

    assert np.array_equal(vectors(use=SETTINGS[setting]), vectors())


def test_a_function_runs_in_the_callers_thread_where_nothing_is_set():
    where = without_settings(inference_mode=True)(threading.current_thread)
    assert where() is threading.current_thread()
    with torch.autocast("cpu"):
        assert where() is not threading.current_thread()


def test_inference_mode_is_left_only_where_it_matters():
    for leave in (True, False):
        is_on = without_settings(inference_mode=leave)(torch.is_inference_mode_enabled)
        with torch.inference_mode():
            assert is_on() is not leave


def test_errors_come_out_of_the_thread():
    def fail() -> None:
        raise KeyError("word")

    with torch.autocast("cpu"), pytest.raises(KeyError, match="word"):
        without_settings(inference_mode=False)(fail)()
