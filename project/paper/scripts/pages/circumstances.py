"""What was run, and on what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from project.shared.pages.draft import Draft
from project.shared.pages.markup import Section, Table
from project.shared.results import Result, is_number

from ..experiments import EXPERIMENTS
from .figures import Runs
from .labels import in_order, task_name


def circumstances(runs: Runs) -> Section | None:
    """Return data, machine and software; None without runs."""
    if not runs.all:
        return None
    draft = Draft("Data and machine")
    draft.table(Table("Runs", ["", ""], [[name, value] for name, value in _facts(runs) if value], kind="facts"))
    if hours := list(_hours(runs)):
        draft.table(Table("Trainings by experiment", ["", "runs", "hours of computing"], hours))
    rows = []
    for task in in_order(run["task"] for run in runs.all):
        corpora = [run.get("corpus", {}) for run in runs.all if run["task"] == task and run.get("share", 1.0) == 1]
        known = {key: value for corpus in corpora for key, value in corpus.items() if is_number(value)}
        if "words" in known or "docs" in known:
            rows.append([task_name(task), *(f"{known[key]:,}" if key in known else "" for key in ("docs", "words"))])
    if rows:
        draft.table(Table("Training data", ["", "texts", "words"], rows), folded=True)
    return draft.end()


def made_from(runs: Runs) -> Iterator[str]:
    """Yield what is to be known first: weights, share of the data, runs."""
    if runs.newest and runs.newest.get("pretrained"):
        yield f"weights {runs.newest['pretrained']}"
    if runs.sample < 1:
        yield f"a sample: {100 * runs.sample:g}% of the data"
    if runs.all:
        n_seeds, n_runs = len({run["seed"] for run in runs.all}), sum(run["split"] == "dev" for run in runs.all)
        yield f"{n_runs} runs, {n_seeds} seed{'s' * (n_seeds != 1)}"


def _facts(runs: Runs) -> Iterator[tuple[str, str]]:
    yield "weights", (runs.newest or {}).get("pretrained", "")
    yield "digest of the weights", (runs.newest or {}).get("weights_md5", "")
    seconds = sum(run.get("train_seconds", 0) for run in runs.all if run["split"] == "dev")
    yield "trainings", f"{seconds / 3600:,.2f} hours of computing" if seconds else ""
    yield "runs at a time", _each(runs, lambda run: f"{run['runs_at_a_time']:g}" if "runs_at_a_time" in run else "")
    yield "machine", _each(runs, lambda run: run.get("machine", ""))
    yield "software", _each(runs, _software)
    if runs.left_out:
        yield "left out", f"{runs.left_out} results of other data or other weights than the newest"


def _hours(runs: Runs) -> Iterator[list[str]]:
    """Yield each experiment, how many runs it adds to those before it, and the hours of their trainings."""
    trained = [run for run in runs.all if run["split"] == "dev" and is_number(run.get("train_seconds"))]
    for name in EXPERIMENTS:
        seconds = [run["train_seconds"] for run in trained if name in run["experiment"]]
        trained = [run for run in trained if name not in run["experiment"]]
        if seconds:
            yield [name, f"{len(seconds):,}", f"{sum(seconds) / 3600:,.2f}"]


def _software(run: Result) -> str:
    named = [f"{name} {version}" for name, version in run.get("versions", {}).items()]
    return ", ".join([*([f"Python {run['python']}"] if "python" in run else []), *named])


def _each(runs: Runs, describe: Callable[[Result], str]) -> str:
    """Return what runs have in common, or all that they have, with how many have it."""
    counted = Counter(described for run in runs.all if run["split"] == "dev" and (described := describe(run)))
    shown = [value if len(counted) == 1 else f"{value} ({n:,} of the runs)" for value, n in counted.most_common()]
    return "; ".join(shown)
