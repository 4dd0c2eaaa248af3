"""The results: a line of JSON for each run and split."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import srsly

from project.shared.results import Result, read_lines
from spacy_elmo.util.staging import staged

FIELDS = {"key": str, "split": str, "experiment": list}  # by which runs are known
ELMO = "elmo"  # the system whose weights the user chooses


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

    def name_experiments(self, planned: Iterable[Result]) -> None:
        """Let lines say which experiments they are of now: none where their cell has another recipe.

        Args:
            planned: What is known of runs before they are done. Lines of cells that none of them has stay as they are,
                and so do those of other seeds, unless their config shows another recipe.
        """
        facts = list(planned)
        cells = {_cell(run): _recipe(run) for run in facts}
        runs = {(_cell(run), run["seed"]): run for run in facts}
        before = [line["experiment"] for line in self.lines]
        for line in self.lines:
            cell = _cell(line)
            if (run := runs.get((cell, line.get("seed")))) is not None:
                line["experiment"] = run["experiment"] if line["key"] == run["key"] else []
            elif cell in cells and line.get("config") and _recipe(line) != cells[cell]:
                line["experiment"] = []
        if before != [line["experiment"] for line in self.lines]:
            self._write()

    def _write(self) -> None:
        with staged(self.path.parent, [self.path.name]) as stage:
            srsly.write_jsonl(stage / self.path.name, self.lines)


def _cell(run: Result) -> str:
    """Return what a run answers. ELMo with other weights is another question, and so is a sample."""
    weights = run.get("weights_md5") if run.get("system") == ELMO else None
    facts = [run.get(name) for name in ("task", "system", "variant", "share")]
    return json.dumps([*facts, weights, run.get("corpus", {}).get("sample")], sort_keys=True)


def _recipe(run: Result) -> list[Any]:
    """Return what runs of a cell with several seeds have in common."""
    return [run.get("config"), run.get("weights_md5"), run.get("corpus", {}).get("files")]


def _check(line: Any) -> None:
    """Raise ValueError for what is not the line of a run."""
    for name, kind in FIELDS.items():
        if not isinstance(line, dict) or not isinstance(line.get(name), kind):
            raise ValueError(f"no {name} in it, or not {kind.__name__}")
