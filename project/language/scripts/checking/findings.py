"""What is found, collected, so that all of it is shown at once."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from wasabi import msg

from spacy_elmo.util.files import printable

MOST_NAMED = 5
T = TypeVar("T")


class Findings:
    """Messages: errors end the step, warnings do not."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self.infos: list[str] = []

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Take errors of the block as findings."""
        try:
            yield
        except (ValueError, OSError) as error:
            self.errors.append(str(error))

    def convert(self, key: str, value: str, convert: Callable[[str], T]) -> T | None:
        """Return the value of a setting, None where it is wrong."""
        try:
            return convert(value)
        except argparse.ArgumentTypeError as error:
            self.errors.append(f"{key} = {error}")
        return None

    def show(self) -> None:
        """Print all that was found, errors last."""
        for show, messages in ((msg.info, self.infos), (msg.warn, self.warnings), (msg.fail, self.errors)):
            for message in messages:
                show(printable(message))


def name_some(names: Iterable[object]) -> str:
    """Return the first of several names, and how many more there are."""
    texts = [str(name) for name in names]
    more = f" and {len(texts) - MOST_NAMED:,} more" if len(texts) > MOST_NAMED else ""
    return printable(", ".join(texts[:MOST_NAMED])) + more
