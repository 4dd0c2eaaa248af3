"""torch as this package needs it, whatever settings the program around it has made."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
R = TypeVar("R")


def without_settings(*, inference_mode: bool) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator for functions that autocast, default devices and inference mode must not change.

    These settings belong to a thread. Where one of them is made, the function runs in a thread of its own. The default
    type belongs to the whole process: the function must not depend on it.

    Args:
        inference_mode: Whether inference mode counts as a setting to get away from.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if not (_has_settings() or (inference_mode and torch.is_inference_mode_enabled())):
                return function(*args, **kwargs)
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(function, *args, **kwargs).result()

        return call

    return decorate


def _has_settings() -> bool:
    return torch.is_autocast_enabled("cpu") or torch.get_default_device().type != "cpu"
