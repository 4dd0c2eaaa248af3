"""Files of results: a line of JSON for each run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spacy_elmo.util.lock import claimed

from .arguments import StepError

Result = dict[str, Any]
LARGEST = 1e12  # of all figures; NaN is none


def read_lines(path: Path, check: Callable[[Any], None]) -> list[Result]:
    """Return the results of a file, none where there is no file.

    Args:
        path: The file.
        check: Raises ValueError for what is not the result of a run.

    Raises:
        StepError: For a file or a line that cannot be used; the message names it.
    """
    results = []
    try:
        lines = path.read_text(encoding="utf8").split("\n") if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise StepError(f"{path}: cannot be read ({error}); move it away, and train again") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                results.append(json.loads(line))
                check(results[-1])
            except (ValueError, RecursionError) as error:
                remedy = "remove this line; its run is repeated"
                raise StepError(f"{path}:{number}: not the result of a run ({error}); {remedy}") from error
    return results


@contextmanager
def one_writer(path: Path) -> Iterator[None]:
    """Let no other process write a file of results, nor train the same runs, in the block; its folder is made.

    Args:
        path: The file.

    Raises:
        LockedError: Another process does; the message names it.
        WriteError: The folder cannot be made.
    """
    with claimed(path.with_name(path.name + ".lock"), named=path.parent, doing=f"is adding runs to {path}"):
        yield


def is_number(value: Any) -> bool:
    """Return whether a value is a figure that can be shown."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < LARGEST
