"""The runs of the step `train`: which of them count, and their figures."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, stdev

from project.shared.arguments import StepError
from project.shared.results import Result

from .results import BASELINE, ELMO, SCORES, Results, systems
from .settings import Job, Settings


class Runs:
    """The runs that count: of each kind, system and seed the newest.

    Args:
        lines: Results, the oldest first.
        seeds: Those that are asked for.
    """

    def __init__(self, lines: Sequence[Result], seeds: Sequence[int]):
        newest = {(line["kind"], line["system"], line["seed"]): line for line in lines if line["seed"] in seeds}
        self.all = sorted(newest.values(), key=lambda run: (run["kind"] != "treebank", run["system"], run["seed"]))

    def of(self, kind: str, system: str) -> list[Result]:
        """Return the runs of a system, by their seeds."""
        return [run for run in self.all if (run["kind"], run["system"]) == (kind, system)]

    def best(self, kind: str, system: str) -> Result | None:
        """Return the run with the best mean of all scores of dev by gold tokens, None where there is no run."""
        return max(self.of(kind, system), key=_quality, default=None)

    def spread(self, kind: str, system: str, place: tuple[str, str, str]) -> str:
        """Return mean and standard deviation over seeds, in percent. It is "" where nothing was measured.

        Args:
            kind: "treebank" or "ner".
            system: Its name.
            place: Split, part and name of a score.
        """
        return _write(list(self._values(kind, system, place).values()))

    def difference(self, kind: str, place: tuple[str, str, str], to: str = BASELINE) -> str:
        """Return what ELMo adds to another system, seed by seed: mean and standard deviation, in points."""
        return _write(self._differences(kind, place, to), sign="+")

    def gain(self, kind: str, place: tuple[str, str, str]) -> float:
        """Return the mean of what ELMo adds; 0 where there is nothing to compare."""
        return mean(self._differences(kind, place) or [0.0])

    def fewer_mistakes(self, kind: str, place: tuple[str, str, str]) -> float | None:
        """Return the share of the mistakes that are gone with ELMo, None where there is nothing to compare."""
        with_elmo, without = (self._values(kind, system, place) for system in (ELMO, BASELINE))
        mistakes = mean(1 - value for value in without.values()) if without else 0.0
        return 1 - mean(1 - value for value in with_elmo.values()) / mistakes if with_elmo and mistakes else None

    def words(self, kind: str, split: str, part: str) -> int:
        """Return how many words a part of a split has, 0 where that is not known."""
        for run in self.all:
            scores = run["scores"].get(split, {}) if run["kind"] == kind else {}
            count = scores.get("words", 0) if part in ("gold", "raw") else scores.get(part, {}).get("words", 0)
            if count:
                return int(count)
        return 0

    def _values(self, kind: str, system: str, place: tuple[str, str, str]) -> dict[int, float]:
        split, part, name = place
        found = {run["seed"]: run["scores"].get(split, {}).get(part, {}).get(name) for run in self.of(kind, system)}
        return {seed: value for seed, value in found.items() if value is not None}

    def _differences(self, kind: str, place: tuple[str, str, str], to: str = BASELINE) -> list[float]:
        with_elmo, without = (self._values(kind, system, place) for system in (ELMO, to))
        return [value - without[seed] for seed, value in with_elmo.items() if seed in without]


def read_runs(job: Job, settings: Settings) -> Runs:
    """Return the runs of what is asked for now. Raises StepError where there are none, or a line cannot be used."""
    results, compared = Results(job), systems(settings)
    lines = [line for line in results.lines if line["kind"] in job.kinds and line["system"] in compared]
    runs = Runs(lines, settings.seeds)
    if not runs.all:
        seeds = ", ".join(map(str, settings.seeds))
        raise StepError(f"{results.path}: no results of the seeds {seeds} yet; run the step `train` first")
    return runs


def average(runs: Sequence[Result], key: str) -> float | None:
    """Return the mean of a figure, None where no run has it."""
    values = [run[key] for run in runs if run.get(key) is not None]
    return mean(values) if values else None


def _quality(run: Result) -> float:
    values = [value for name, value in run["scores"].get("dev", {}).get("gold", {}).items() if name in SCORES]
    return mean(values) if values else 0.0


def _write(shares: Sequence[float], *, sign: str = "") -> str:
    if not shares:
        return ""
    percent = [100 * share for share in shares]
    spread = f" ±{stdev(percent):.1f}" if len(percent) > 1 else ""
    return f"{round(mean(percent), 1) + 0.0:{sign}.1f}{spread}".replace("-", "−")
