"""How much training data it needs (paper, figure 1)."""

from __future__ import annotations

from statistics import mean, stdev

from project.shared.pages.draft import Draft
from project.shared.pages.markup import Section, Table
from project.shared.pages.plots import Axis, Point, Series, draw, figure, heights, linear_axis

from .figures import Runs, Values, differences, percent
from .labels import BASELINE, ELMO, TASKS, system_name, task_name

EXPERIMENT = "shares"


def shares(runs: Runs) -> Section | None:
    """Return scores by the share of the training data; None where no task has several shares."""
    draft = Draft("With less training data")
    tables, plots = [], []
    for task in runs.tasks(EXPERIMENT, "dev"):
        found = {system: by_share(runs, task, system) for system in (BASELINE, ELMO)}
        known = sorted({share for values in found.values() for share in values})
        if len(known) > 1:
            plots.append(_plot(task, known, found))
            rows = []
            for share in known:
                baseline, elmo = (found[system].get(share, {}) for system in (BASELINE, ELMO))
                compared = percent(differences(elmo, baseline), sign="+")
                rows.append([f"{100 * share:g}%", percent(baseline), percent(elmo), compared])
            header = ["share of the training data", "baseline", "ELMo", "difference"]
            tables.append(Table(f"{task_name(task)}, all figures", header, rows))
    if not tables:
        return None
    draft.say(
        "Systems learn from a part of the training data and are scored on all of dev. Percent: mean over seeds ± "
        "standard deviation, which is the bars of the plots."
    )
    draft.html(f'<div class="plots">{"".join(plots)}</div>')
    for table in tables:
        draft.table(table, folded=True)
    return draft.end()


def by_share(runs: Runs, task: str, system: str) -> dict[float, Values]:
    """Return scores on dev by the share of the training data, from 0 to 1."""
    lines = [run for run in runs.all if EXPERIMENT in run["experiment"] and run["task"] == task]
    known = sorted({run.get("share", 1.0) for run in lines})
    found = {share: runs.values(EXPERIMENT, task, system, "dev", share=share) for share in known if share > 0}
    return {share: values for share, values in found.items() if values}


def find_enough(runs: Runs, task: str) -> tuple[float, float] | None:
    """Return the smallest share with which ELMo is as good as the baseline is with its largest share, and the latter.

    None where ELMo never is, or there is nothing to compare.
    """
    baseline, elmo = (by_share(runs, task, system) for system in (BASELINE, ELMO))
    if not baseline:
        return None
    most = max(baseline)
    enough = [share for share, values in elmo.items() if mean(values.values()) >= mean(baseline[most].values())]
    return (min(enough), most) if enough else None


def _plot(task: str, known: list[float], found: dict[str, dict[float, Values]]) -> str:
    ticks = [(100 * share, f"{100 * share:g}") for share in known]
    across = Axis("share of the training data, %, log scale", ticks[0][0], ticks[-1][0], ticks, is_log=True)
    series = [
        Series(system_name(system), [_point(share, own) for share, own in values.items()])
        for system, values in found.items()
        if values
    ]
    measure = TASKS[task].measure
    up = linear_axis(f"{measure} on dev, %", heights(series))
    return figure(draw(f"{task_name(task)}: {measure} by training data", across, up, series), task_name(task))


def _point(share: float, values: Values) -> Point:
    percents = [100 * value for value in values.values()]
    return Point(100 * share, mean(percents), stdev(percents) if len(percents) > 1 else 0.0)
