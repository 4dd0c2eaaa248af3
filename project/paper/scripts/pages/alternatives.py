"""ELMo against what people would pick instead, in the same heads."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean

from project.shared.pages.draft import Draft
from project.shared.pages.markup import Section, Table, without_empty
from project.shared.pages.plots import Point, Series, draw, figure, heights, linear_axis, log_axis
from project.shared.results import Result

from .figures import Runs, average, percent, score
from .labels import BASELINE, ELMO, SYSTEMS, system_name, task_name

EXPERIMENT = "alternatives"


def alternatives(runs: Runs) -> Section | None:
    """Return scores, speed and size of all systems, and a plot of scores by speed; None without any but the two."""
    if set(systems(runs)) <= {BASELINE, ELMO}:
        return None
    draft = Draft("ELMo and what else there is")
    splits = {task: _split(runs, task) for task in runs.tasks(EXPERIMENT, "dev", "test")}
    tables = [
        _table(runs, splits, "First score of the tasks, %", lambda found: percent(score(found))),
        _table(runs, splits, "Words a second", lambda found: _average(found, "speed")),
        _table(runs, splits, "MB on disk, with the weights that it needs", lambda found: _average(found, "bytes")),
    ]
    shown = [table for table in tables if table is not None]
    if not shown:
        return None
    draft.say(
        "The same heads and encoders over other vectors. All vectors come in before the encoder alone, so ELMo has "
        "other scores here than in tasks where it comes in twice. Percent: mean over seeds ± standard deviation, on "
        "test where all systems have runs there. Words a second are those of the whole pipeline, runs side by side."
    )
    plot = _plot(runs, splits)
    if plot:
        draft.html(plot)
    for table in shown:
        draft.table(table)
    return draft.end()


def systems(runs: Runs) -> list[str]:
    """Return the systems that have runs, those that are known first."""
    found = dict.fromkeys(run["system"] for run in runs.all if EXPERIMENT in run["experiment"])
    return [system for system in SYSTEMS if system in found] + sorted(name for name in found if name not in SYSTEMS)


def _split(runs: Runs, task: str) -> str:
    """Return test where all systems that have dev have it, or else dev."""
    on_dev, on_test = (
        {system for system in systems(runs) if runs.values(EXPERIMENT, task, system, split)}
        for split in ("dev", "test")
    )
    return "test" if on_test >= on_dev else "dev"


def _table(runs: Runs, splits: dict[str, str], title: str, write: Callable[[list[Result]], str]) -> Table | None:
    rows = []
    for system in systems(runs):
        cells = [write(runs.of(EXPERIMENT, task, system, split)) for task, split in splits.items()]
        if any(cells):
            rows.append([system_name(system), *cells])
    header = ["", *(f"{task_name(task)} ({split})" for task, split in splits.items())]
    return Table(title, *without_empty(header, rows)) if rows else None


def _average(found: list[Result], key: str) -> str:
    value = average(found, key)
    return "" if value is None else f"{value / 1e6:,.1f}" if key == "bytes" else f"{value:,.0f}"


def _plot(runs: Runs, splits: dict[str, str]) -> str:
    """Return the mean score by the mean speed, of tasks that all systems have; "" where there are none."""
    names = systems(runs)
    cells = {
        (system, task): runs.of(EXPERIMENT, task, system, split) for system in names for task, split in splits.items()
    }
    common = [task for task in splits if all(_is_whole(cells[system, task]) for system in names)]
    if not common or len(names) < 2:
        return ""
    series = []
    for system in names:
        scores = [mean(score(cells[system, task]).values()) for task in common]
        speeds = [average(cells[system, task], "speed") or 0.0 for task in common]
        series.append(Series(system_name(system), [Point(mean(speeds), 100 * mean(scores))], is_line=False))
    across = log_axis("words a second", [point.x for one in series for point in one.points])
    up = linear_axis("mean score, %", heights(series))
    caption = f"Means over {len(common)} task{'s' * (len(common) > 1)}: {'; '.join(map(task_name, common))}."
    return figure(draw("Score by speed", across, up, series), caption)


def _is_whole(found: list[Result]) -> bool:
    return bool(score(found)) and (average(found, "speed") or 0.0) > 0
