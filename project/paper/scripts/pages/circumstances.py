"""What was run, and on what."""

from __future__ import annotations

from collections.abc import Iterator

from project.shared.pages.draft import Draft
from project.shared.pages.markup import Section, Table
from project.shared.results import is_number

from .figures import Runs
from .labels import in_order, task_name


def circumstances(runs: Runs) -> Section | None:
    """Return data, machine and software; None without runs."""
    if not runs.all:
        return None
    draft = Draft("Data and machine")
    draft.table(Table("Runs", ["", ""], [[name, value] for name, value in _facts(runs) if value], kind="facts"))
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
    last = runs.all[-1]
    yield "weights", (runs.newest or {}).get("pretrained", "")
    yield "digest of the weights", (runs.newest or {}).get("weights_md5", "")
    seconds = sum(run.get("train_seconds", 0) for run in runs.all if run["split"] == "dev")
    yield "trainings", f"{seconds / 3600:,.2f} hours of computing" if seconds else ""
    yield "runs at a time", f"{last['runs_at_a_time']:g}" if "runs_at_a_time" in last else ""
    yield "machine", last.get("machine", "")
    named = [f"{name} {version}" for name, version in last.get("versions", {}).items()]
    yield "software", ", ".join([*([f"Python {last['python']}"] if "python" in last else []), *named])
    if runs.left_out:
        yield "left out", f"{runs.left_out} results of other data or other weights than the newest"
