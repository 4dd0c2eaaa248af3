"""Commands of spaCy in processes of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence


def run_command(arguments: Sequence[object]) -> int:
    """Return the status of a command of spaCy that saves when it is interrupted, and wait for that."""
    child = subprocess.Popen([sys.executable, "-m", "spacy", *map(str, arguments)])
    handlers = {signal.SIGINT: _ignore, signal.SIGTERM: lambda *_: child.terminate()}  # Ctrl-C it hears itself
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        return child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(*_: object) -> None:
    """Not SIG_IGN, which the child would inherit."""
