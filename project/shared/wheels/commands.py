"""Commands whose failure is shown in their own words."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from project.shared.arguments import StepError

OF_OTHERS = (
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_USER",
    "PIP_REQUIRE_VIRTUALENV",
)


def run(command: Sequence[object], *, given: str = "", is_apart: bool = False) -> str:
    """Return what a command printed.

    Args:
        command: A program and its arguments.
        given: What it reads.
        is_apart: Whether it is of another environment, where settings of this one have no place.

    Raises:
        StepError: It failed; the message has what it printed.
    """
    environment = {name: value for name, value in os.environ.items() if not (is_apart and name in OF_OTHERS)}
    words = list(map(str, command))
    done = subprocess.run(words, input=given, capture_output=True, encoding="utf8", errors="replace", env=environment)
    if done.returncode:
        raise StepError(f"failed: {' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout
