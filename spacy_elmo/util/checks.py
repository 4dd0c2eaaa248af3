"""Checks of settings, with an error that names the setting, its value and the remedy."""

from __future__ import annotations


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
