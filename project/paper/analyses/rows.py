"""Rows of figures that are kept in a file of JSON lines, so that what is done is not done again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import srsly

from project.shared.arguments import StepError
from project.shared.pipelines.processes import weights_digest
from spacy_elmo.util.digests import digest_file
from spacy_elmo.util.staging import staged

Row: TypeAlias = dict[str, Any]


class Rows:
    """Rows by what they are of. The file is written anew for each group of them: it is whole whenever a run is cut off.

    Args:
        path: The file, which may be missing; None to keep rows in memory alone.

    Raises:
        StepError: A line of the file is no row.
    """

    def __init__(self, path: Path | None = None):
        self.path = path
        self.all: list[Row] = [] if path is None or not path.exists() else _read(path)

    def get(self, key: Row, make: Callable[[], Iterable[Row]]) -> list[Row]:
        """Return the rows of a key: those that are there, or else those that are made, each behind its key.

        Args:
            key: All that decides what the rows are.
            make: Returns rows without the key, at least one.

        Raises:
            WriteError: The system refuses to write them.
        """
        key = json.loads(json.dumps(key))
        found = [row for row in self.all if row.items() >= key.items()]
        if not found:
            found = [{**key, **json.loads(json.dumps(row))} for row in make()]  # as they come back from the file
            self.all += found
            if self.path is not None:
                with staged(self.path.parent, [self.path.name]) as stage:
                    srsly.write_jsonl(stage / self.path.name, self.all)
        return found


def _read(path: Path) -> list[Row]:
    rows = []
    try:
        lines = path.read_text(encoding="utf8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise StepError(f"{path}: cannot be read ({error}); move it away, to compute its rows again") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(json.loads(line))
                if not isinstance(rows[-1], dict):
                    raise ValueError("no object")
            except (ValueError, RecursionError) as error:
                raise StepError(f"{path}:{number}: not a row ({error}); remove it, to compute it again") from error
    return rows


def describe_model(model: str) -> Row:
    """Return what tells a model from others: its name, and a digest of its weights.

    Raises:
        WeightsError: It cannot be loaded.
    """
    return {"model": model, "weights": weights_digest(model)}


def describe_inputs(*paths: Path) -> Row:
    """Return what tells files of text from others: their names and digests."""
    return {"inputs": {path.name: digest_file(path, "md5") for path in paths}}
