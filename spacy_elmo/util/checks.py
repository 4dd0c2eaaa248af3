"""Checks of settings, with an error that names the setting, its value and the remedy; and what memory there is."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, get_args


def check_size(key: str, value: object, *, smallest: int = 1, error: type[ValueError] = ValueError) -> None:
    """Check that a setting is a whole number and not too small.

    Args:
        key: Name of the setting, for the message.
        value: Its value. True and False are no numbers.
        smallest: The smallest value that is allowed.
        error: Class of the error.

    Raises:
        ValueError: For any other value. It is of the class `error`.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < smallest:
        raise error(f"{key} = {value!r}: must be a whole number of at least {smallest}")


def check_choice(key: str, value: object, choices: Any) -> None:
    """Check that a setting is one of a few values.

    Args:
        key: Name of the setting, for the message.
        value: Its value.
        choices: The type that lists the values: a `Literal`, or `Literal[...] | None`.

    Raises:
        ValueError: For any other value.
    """
    known = [choice for part in (get_args(choices) or (choices,)) for choice in (get_args(part) or (part,))]
    known = [None if choice is type(None) else choice for choice in known]
    if value not in known:
        raise ValueError(f"{key} = {value!r}: must be one of {', '.join(map(repr, known))}")


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
