"""The results: a line of JSON for each run and split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import srsly

from project.shared.results import Result, read_lines
from spacy_elmo.util.staging import staged

FIELDS = {"key": str, "split": str, "experiment": list}  # by which runs are known


class Results:
    """The lines of all runs. The file is written anew for each, so that it is whole whenever a run is cut off.

    Args:
        path: The file, which may be missing.

    Raises:
        StepError: The file has anything else in it; the message names the line.
    """

    def __init__(self, path: Path):
        self.path = path
        self.lines: list[Result] = read_lines(path, _check)

    def __contains__(self, key_and_split: tuple[str, str]) -> bool:
        return any((line["key"], line["split"]) == key_and_split for line in self.lines)

    def add(self, result: Result) -> None:
        """Write the file with one more line. Raises WriteError where the system refuses."""
        self.lines.append(result)
        self._write()

    def name_experiments(self, names: Mapping[str, Sequence[str]]) -> None:
        """Let lines say which experiments they are of now.

        Args:
            names: The experiments of runs, by their keys. Lines of other runs stay as they are.
        """
        known = [line for line in self.lines if line["key"] in names]
        changed = [line for line in known if line["experiment"] != list(names[line["key"]])]
        for line in changed:
            line["experiment"] = list(names[line["key"]])
        if changed:
            self._write()

    def _write(self) -> None:
        with staged(self.path.parent, [self.path.name]) as stage:
            srsly.write_jsonl(stage / self.path.name, self.lines)


def _check(line: Any) -> None:
    """Raise ValueError for what is not the line of a run."""
    for name, kind in FIELDS.items():
        if not isinstance(line, dict) or not isinstance(line.get(name), kind):
            raise ValueError(f"no {name} in it, or not {kind.__name__}")
