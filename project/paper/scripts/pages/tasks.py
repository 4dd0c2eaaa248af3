"""The tasks without ELMo and with it (paper, table 1)."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean, stdev

from project.shared.pages.draft import Draft
from project.shared.pages.markup import Section, Table, without_empty

from .figures import Runs, Values, average, differences, fewer_errors, is_better, percent, score, write, write_share
from .labels import BASELINE, ELMO, SCORES, TASKS, task_name

EXPERIMENT = "tasks"
OTHER = "Other scores of the tasks"
FORMATS = (",g", ",.1f", ",.0f", ",.1f", ",.0f")  # of the columns of costs
HEADER = ["", "score", "baseline", "ELMo", "difference", "fewer errors", "seeds"]


def scores(runs: Runs) -> Section | None:
    """Return the first score of each task, on test and dev, beside the paper's figures; None without runs."""
    draft = Draft("Tasks without ELMo and with it")
    draft.say(
        "Percent: the mean over seeds ± the standard deviation. The difference is taken seed by seed. Fewer errors is "
        "the share of the baseline's errors that are gone with ELMo, the paper's relative error reduction. The "
        "paper's own figures stand beside those on test. They are of other data and another model: compare what ELMo "
        "brings, not the scores."
    )
    tables = [table for table in (_on_test(runs), _on_dev(runs), _more(runs), _unseen(runs)) if table is not None]
    if not tables:
        return None
    draft.items(list(_exceptions(runs)))
    for table in tables:
        draft.table(table, folded=table.title == OTHER)
    return draft.end()


def summary(runs: Runs) -> Table | None:
    """Return what ELMo brings to each task on test, in few columns; None without runs on test."""
    rows = [[*cells[:4], *cells[5:]] for _, cells in _rows(runs, "test")]
    header = ["", "score", "without ELMo", "with ELMo", "fewer errors", "seeds"]
    return Table("On test data, in percent", header, rows) if rows else None


def costs(runs: Runs) -> Section | None:
    """Return time, speed, size and memory of each task; None where nothing was measured."""
    rows = []
    for task in runs.tasks(EXPERIMENT, "dev"):
        for system, name in ((BASELINE, "baseline"), (ELMO, "ELMo")):
            found = runs.of(EXPERIMENT, task, system, "dev")
            seconds, size = average(found, "train_seconds"), average(found, "bytes")
            figures = [average(found, "epochs"), seconds and seconds / 60, average(found, "speed"), size and size / 1e6]
            figures.append(average(found, "train_peak_mb"))
            cells = ["" if value is None else format(value, form) for value, form in zip(figures, FORMATS)]
            if any(cells):
                rows.append([task_name(task), name, *cells])
    header = ["", "", "epochs", "minutes of training", "words/s", "MB on disk", "MB of memory in training"]
    if not rows:
        return None
    draft = Draft("Time, speed and size")
    draft.say(
        "Means over seeds. Minutes of a training include its evaluations. Words a second are those of the whole "
        "pipeline on dev; its size has the weights of ELMo in it."
    )
    draft.table(Table("Pipelines of the tasks", *without_empty(header, rows)))
    return draft.end()


def find_wins(runs: Runs) -> dict[str, bool | None]:
    """Return whether ELMo is better in each task, on the split that counts in the end; None where that is not clear."""
    pairs = {task: _pair(runs, task, runs.shown(EXPERIMENT, task)) for task in runs.tasks(EXPERIMENT, "dev", "test")}
    return {task: is_better(elmo, baseline) for task, (baseline, elmo) in pairs.items() if differences(elmo, baseline)}


def _on_test(runs: Runs) -> Table | None:
    rows = dict(_rows(runs, "test"))
    if not any(TASKS[task].published for task in rows):
        return Table("On test", HEADER, list(rows.values())) if rows else None
    beside = [[*cells, *_published(task)] for task, cells in rows.items()]
    groups = [("here", len(HEADER) - 1), ("in the paper, on other data", 3)]
    return Table("On test", [*HEADER, "task", "score", "fewer errors"], beside, groups)


def _published(task: str) -> list[str]:
    found = TASKS[task].published
    return [found.task, f"{found.baseline} → {found.elmo}", found.fewer] if found else [""] * 3


def _on_dev(runs: Runs) -> Table | None:
    rows = []
    for task, cells in _rows(runs, "dev"):
        seconds = [average(runs.of(EXPERIMENT, task, system, "dev"), "train_seconds") for system in (BASELINE, ELMO)]
        rows.append([*cells, *("" if value is None else f"{value / 60:,.1f}" for value in seconds)])
    header = [*HEADER, "minutes, baseline", "minutes, ELMo"]
    return Table("On dev", *without_empty(header, rows)) if rows else None


def _rows(runs: Runs, split: str) -> Iterator[tuple[str, list[str]]]:
    """Yield tasks and the cells of HEADER."""
    for task in runs.tasks(EXPERIMENT, split):
        baseline, elmo = _pair(runs, task, split)
        seeds = "/".join(dict.fromkeys(str(len(values)) for values in (baseline, elmo) if values))
        compared = [percent(differences(elmo, baseline), sign="+"), write_share(fewer_errors(elmo, baseline), sign="+")]
        if baseline or elmo:
            yield task, [task_name(task), TASKS[task].measure, percent(baseline), percent(elmo), *compared, seeds]


def _pair(runs: Runs, task: str, split: str) -> tuple[Values, Values]:
    """Return the scores of a task without ELMo and with it."""
    return runs.values(EXPERIMENT, task, BASELINE, split), runs.values(EXPERIMENT, task, ELMO, split)


def _exceptions(runs: Runs) -> Iterator[str]:
    """Yield a line for each task where ELMo does not beat its baseline, or not clearly."""
    for task in (task for task, is_won in find_wins(runs).items() if not is_won):
        split = runs.shown(EXPERIMENT, task)
        baseline, elmo = _pair(runs, task, split)
        said = f"{task_name(task)}, {split}: {percent(elmo)} with ELMo, {percent(baseline)} without"
        gains = [100 * value for value in differences(elmo, baseline).values()]
        if mean(gains) > 0:
            yield f"ELMo beats its baseline by less than seeds differ ({write(stdev(gains), 2)}): {said}."
        else:
            yield f"ELMo does not beat its baseline: {said}."


def _unseen(runs: Runs) -> Table | None:
    rows = []
    for task in runs.tasks(EXPERIMENT, "dev", "test"):
        for split in ("test", "dev"):
            found = [runs.of(EXPERIMENT, task, system, split) for system in (BASELINE, ELMO)]
            baseline, elmo = (score(some, part="unseen") for some in found)
            words = next((run["unseen"].get("words", "") for some in found for run in some if "unseen" in run), "")
            if baseline or elmo:
                shown = f"{words:,}" if isinstance(words, int) else ""
                compared = [percent(differences(elmo, baseline), sign="+")]
                compared.append(write_share(fewer_errors(elmo, baseline), sign="+"))
                rows.append([task_name(task), split, shown, percent(baseline), percent(elmo), *compared])
    header = ["", "on", "words", "baseline", "ELMo", "difference", "fewer errors"]
    return Table("Words that the training data have not", *without_empty(header, rows)) if rows else None


def _more(runs: Runs) -> Table | None:
    """Return the scores beside the first one."""
    rows = []
    for task in runs.tasks(EXPERIMENT, "dev", "test"):
        split = runs.shown(EXPERIMENT, task)
        found = [runs.of(EXPERIMENT, task, system, split) for system in (BASELINE, ELMO)]
        for key, name in SCORES.items():
            baseline, elmo = (score(some, key) for some in found)
            if any((*baseline.values(), *elmo.values())):
                compared = percent(differences(elmo, baseline), sign="+")
                rows.append([task_name(task), split, name, percent(baseline), percent(elmo), compared])
    header = ["", "on", "score", "baseline", "ELMo", "difference"]
    return Table(OTHER, header, rows) if rows else None
