"""The runs that are shown, and what is counted of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from project.shared.results import Result, is_number, read_lines

from .labels import BASELINE, ELMO, TASKS, first_score, in_order

SPLITS = ("dev", "test")
Values = dict[int, float]  # by seed

# What every run has, and what it may have
FIELDS = {"task": str, "system": str, "split": str, "seed": int, "experiment": list, "variant": dict, "scores": dict}
OPTIONAL = {"unseen": dict, "corpus": dict, "versions": dict, "mixes": list, "pretrained": str, "weights_md5": str}
OPTIONAL |= {"machine": str, "python": str}
NUMBERS = ("share", "epochs", "train_seconds", "train_peak_mb", "bytes", "runs_at_a_time")


class Runs:
    """Runs that can be compared: on the largest sample, for each task on its newest data, and with the same weights.

    Args:
        lines: All of them, the oldest first.
        weights: The digest of ELMo's weights; those of the newest run with ELMo if empty.
    """

    def __init__(self, lines: Sequence[Result], weights: str = ""):
        known = [line for line in lines if line["task"] in TASKS and line["experiment"]]
        self.sample = max(map(_sample, known), default=1.0)
        known = [line for line in known if _sample(line) == self.sample]
        data = {(line["task"], line["split"]): _data(line) for line in known}
        known = [line for line in known if _data(line) == data[line["task"], line["split"]]]
        with_elmo = [line for line in known if line["system"] == ELMO and (_weights(line) == weights or not weights)]
        self.newest = with_elmo[-1] if with_elmo else None  # with ELMo
        chosen = _weights(self.newest) if self.newest else weights
        self.all = [line for line in known if line["system"] != ELMO or _weights(line) == chosen]
        self.left_out = len(lines) - len(self.all)

    def of(self, experiment: str, task: str, system: str, split: str, **variant: Any) -> list[Result]:
        """Return the runs of a cell, by their seeds; of several recipes the one that was run last.

        Args:
            experiment: What they belong to.
            task: The task.
            system: What gives the vectors.
            split: What they were scored on.
            variant: What is known of the variant; "share" is that of the training data.
        """
        found = [
            run
            for run in self.all
            if (run["task"], run["system"], run["split"]) == (task, system, split)
            and experiment in run["experiment"]
            and all(_fact(run, key) == value for key, value in variant.items())
        ]
        newest = {run["seed"]: run for run in found if _recipe(run) == _recipe(found[-1])}
        return [newest[seed] for seed in sorted(newest)]

    def values(self, experiment: str, task: str, system: str, split: str, **variant: Any) -> Values:
        """Return the task's first score in the runs of a cell."""
        return score(self.of(experiment, task, system, split, **variant))

    def tasks(self, experiment: str, *splits: str) -> list[str]:
        """Return the tasks that have runs in an experiment, on any of these splits."""
        found = (run["task"] for run in self.all if experiment in run["experiment"] and run["split"] in splits)
        return in_order(found)

    def shown(self, experiment: str, task: str) -> str:
        """Return the split that counts in the end: test where it has runs with ELMo and without, dev elsewhere."""
        is_tested = all(self.values(experiment, task, system, "test") for system in (BASELINE, ELMO))
        return "test" if is_tested else "dev"


def read_runs(path: Path, weights: str = "") -> Runs:
    """Return the runs of a file, none where there is no file. Raises StepError where a line cannot be used."""
    return Runs(read_lines(path, _check), weights)


def score(runs: Sequence[Result], key: str = "", part: str = "scores") -> Values:
    """Return a score of runs by their seeds.

    Args:
        runs: Of one task.
        key: Which score; the first of the task if empty.
        part: "scores", or "unseen" for those of words that training did not have.
    """
    found = {run["seed"]: run.get(part, {}).get(key or first_score(run["task"])) for run in runs}
    return {seed: value for seed, value in found.items() if _is_share(value)}


def average(runs: Sequence[Result], key: str) -> float | None:
    """Return the mean of a figure, None where no run has it; "speed" is in words a second."""
    found: list[Any] = [run["scores"].get(key) if key == "speed" else run.get(key) for run in runs]
    values = [value for value in found if is_number(value)]
    return mean(values) if values else None


def differences(values: Values, baseline: Values) -> Values:
    """Return what is better than the baseline, seed by seed."""
    return {seed: value - baseline[seed] for seed, value in values.items() if seed in baseline}


def is_better(values: Values, baseline: Values) -> bool | None:
    """Return whether values are better, seed by seed; None where that is not clear.

    It is not where they differ by less than the differences do, or have no seed in common. Of one seed the sign counts.
    """
    found = list(differences(values, baseline).values())
    if not found or (len(found) > 1 and abs(mean(found)) < stdev(found)):
        return None
    return mean(found) > 0


def fewer_errors(values: Values, baseline: Values) -> float | None:
    """Return the share of the baseline's errors that are gone, below 0 for more errors; None without any to lose.

    Only seeds that both have are counted.
    """
    seeds = values.keys() & baseline.keys()
    errors, left = (sum(1 - found[seed] for seed in seeds) for found in (baseline, values))
    return 1 - left / errors if errors > 0 else None


def percent(values: Values, *, sign: str = "") -> str:
    """Return mean and standard deviation over seeds, in percent; "" where there are no values."""
    if not values:
        return ""
    found = [100 * value for value in values.values()]
    spread = f" ±{stdev(found):.2f}" if len(found) > 1 else ""
    return f"{write(mean(found), 2, sign)}{spread}"


def write_share(share: float | None, *, sign: str = "") -> str:
    """Return a share in percent, "" for none."""
    return "" if share is None else f"{write(100 * share, 1, sign)}%"


def write(value: float, digits: int, sign: str = "") -> str:
    """Return a number with a minus as it is printed; zero has none."""
    return f"{round(value, digits) + 0.0:{sign}.{digits}f}".replace("-", "−")


def _fact(run: Result, key: str) -> Any:
    return run.get("share", 1.0) if key == "share" else run["variant"].get(key)


def _recipe(run: Result) -> tuple[Any, ...]:
    return run["variant"], run.get("share", 1.0), run.get("epochs")


def _data(run: Result) -> Any:
    return run.get("corpus", {}).get("files")


def _sample(run: Result) -> float:
    sample = run.get("corpus", {}).get("sample")
    return sample if is_number(sample) else 1.0


def _weights(run: Result) -> str:
    return str(run.get("weights_md5", ""))


def _check(run: Any) -> None:
    """Raise ValueError for what is not a run."""
    if not isinstance(run, dict):
        raise ValueError("not an object")
    for key, kind in FIELDS.items():
        if not isinstance(run.get(key), kind) or isinstance(run[key], bool):
            raise ValueError(f"no {key} in it, or not {kind.__name__}")
    for key, kind in OPTIONAL.items():
        if run.get(key) is None:
            run.pop(key, None)
        elif not isinstance(run[key], kind):
            raise ValueError(f"{key}: not {kind.__name__}")
    for key in NUMBERS:
        if run.get(key) is None:
            run.pop(key, None)
        elif not is_number(run[key]):
            raise ValueError(f"{key}: not a number")
    if run["split"] not in SPLITS:
        raise ValueError(f"split = {run['split']!r}: must be one of {', '.join(SPLITS)}")
    if run["task"] in TASKS:
        key = first_score(run["task"])
        value = run["scores"].get(key)
        if value is not None and not _is_share(value):
            raise ValueError(f"scores.{key} = {value!r:.60}: not a number from 0 to 1")


def _is_share(value: Any) -> bool:
    return is_number(value) and 0 <= value <= 1
