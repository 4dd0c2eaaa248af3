"""Checks of settings, with an error that names the setting, its value and the remedy."""

from __future__ import annotations

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
