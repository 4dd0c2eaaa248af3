"""The runs that are done: a line of JSON each."""

from __future__ import annotations

from pathlib import Path
from statistics import mean
from typing import Any

import srsly

from project.shared.results import Result, is_number, read_lines
from spacy_elmo.util.staging import staged

from .settings import Job

FILE = "runs.jsonl"
ELMO, BASELINE = "with ELMo", "without ELMo"
FIELDS: dict[str, type] = {"key": str, "kind": str, "system": str, "seed": int, "model": str, "scores": dict}


class Results:
    """The lines of a language. The file is written anew for each, so that it is whole whenever a run is cut off.

    Args:
        job: The files of the language.

    Raises:
        StepError: For a file that has anything else in it; the message names the line.
    """

    def __init__(self, job: Job):
        self.path: Path = job.results / FILE
        self.lines = read_lines(self.path, _check)

    def add(self, result: Result) -> None:
        """Write the file with one more line, in place of one of the same key."""
        self.lines = [line for line in self.lines if line["key"] != result["key"]] + [result]
        with staged(self.path.parent, [self.path.name]) as stage:
            srsly.write_jsonl(stage / self.path.name, self.lines)

    def best(self, kind: str, system: str, seeds: list[int]) -> Result | None:
        """Return the run whose mean of all dev scores by gold tokens is best, None where there is no run.

        Args:
            kind: "treebank" or "ner".
            system: With or without ELMo.
            seeds: Of each, the newest run counts.
        """
        runs = {run["seed"]: run for run in self.lines if (run["kind"], run["system"]) == (kind, system)}
        return max((runs[seed] for seed in seeds if seed in runs), key=_quality, default=None)


def _quality(run: Result) -> float:
    return mean(filter(is_number, run["scores"]["dev"]["gold"].values()))


def _check(result: Any) -> None:
    """Raise ValueError for what is not the result of a run."""
    for name, kind in FIELDS.items():
        if not isinstance(result, dict) or not isinstance(result.get(name), kind):
            raise ValueError(f"no {name} in it, or not {kind.__name__}")
    dev = result["scores"].get("dev")
    gold = dev.get("gold") if isinstance(dev, dict) else None
    if not isinstance(gold, dict) or not any(map(is_number, gold.values())):
        raise ValueError("no scores of dev by gold tokens in it")
