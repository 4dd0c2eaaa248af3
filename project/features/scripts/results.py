"""The results of a task: a line of JSON for each run."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import srsly

from project.shared.results import Result, is_number, read_lines
from spacy_elmo.util.staging import staged

from .tasks import SPLITS, TASKS

# What every line has, below these keys; also a number for each score of its task
FIELDS: dict[tuple[str, ...], type] = {
    ("key",): str,
    ("task",): str,
    ("system",): str,
    ("seed",): int,
    ("split",): str,
    ("model",): str,
    ("config",): str,
    ("weights_md5",): str,
    ("machine",): str,
    ("runs_at_a_time",): int,
    ("unseen", "words"): int,
    ("scores",): dict,
    ("versions",): dict,
    ("corpus", "md5"): dict,
}


class Results:
    """The lines of JSON of a task. The file is written anew for each, so that it is whole whenever a run is cut off.

    Args:
        path: The file, which may be missing.
        task: The name of the task.

    Raises:
        StepError: For a file that has anything else in it; the message names the line.
    """

    def __init__(self, path: Path, task: str):
        self.path = path
        self.lines = read_results(path, task)

    def __contains__(self, key_and_split: tuple[str, str]) -> bool:
        return any((line["key"], line["split"]) == key_and_split for line in self.lines)

    def add(self, result: Result) -> None:
        """Write the file with one more line. Raises WriteError where the system refuses."""
        self.lines.append(result)
        with staged(self.path.parent, [self.path.name]) as stage:
            srsly.write_jsonl(stage / self.path.name, self.lines)


def read_results(path: Path, task: str) -> list[Result]:
    """Return the results of a task, none where there is no file. Raises StepError where one of them cannot be used."""
    return read_lines(path, partial(_check, task=task))


def _check(result: Any, task: str) -> None:
    """Raise ValueError for what is not the result of a run of a task."""
    for keys, kind in FIELDS.items():
        if not isinstance(_find(result, keys), kind):
            raise ValueError(f"no {'.'.join(keys)} in it, or not {kind.__name__}")
    if result["task"] != task:
        raise ValueError(f"of the task {result['task']!r}, not of {task!r}")
    if result["split"] not in SPLITS:
        raise ValueError(f"split = {result['split']!r}: must be one of {', '.join(SPLITS)}")
    numbers = {f"scores.{key}": result["scores"].get(key) for key in (*TASKS[task].scores, "speed")}
    numbers |= {f"unseen.{key}": result["unseen"].get(key, 0) for key in TASKS[task].scores}
    optional = {key: result.get(key) for key in ("train_seconds", "train_peak_mb")}
    numbers |= {key: value for key, value in optional.items() if value is not None}
    for key, value in numbers.items():
        if not is_number(value):
            raise ValueError(f"no number {key} in it")
    if not isinstance(raw := result.get("raw", {}), dict):
        raise ValueError("raw in it is not dict")
    numbers |= {f"raw.{key}": value for key, value in raw.items()}
    if not isinstance(result.get("pretrained", ""), str):
        raise ValueError("no text pretrained in it")


def _find(values: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        values = values.get(key) if isinstance(values, dict) else None
    return values
