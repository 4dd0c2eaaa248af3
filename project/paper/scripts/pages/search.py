"""The search for the best recipe: the same grid and budget for the baseline and for ELMo."""

from __future__ import annotations

from statistics import mean
from typing import Any, NamedTuple

from project.shared.pages.draft import Draft
from project.shared.pages.markup import Section, Table
from project.shared.results import Result

from .figures import Runs, Values, percent, score, write
from .labels import BASELINE, ELMO, system_name, task_name

EXPERIMENT = "search"
NAMES = {"encoder_dropout": "dropout of the encoder", "layer_norm": "layer norm", "longer": "times the epochs"}


class Recipe(NamedTuple):
    """Settings that were tried, and what came of them on dev.

    Attributes:
        settings: Those that differ from one recipe to another, by name.
        scores: By task.
        mean: The mean over tasks.
    """

    settings: dict[str, str]
    scores: dict[str, Values]
    mean: float


def search(runs: Runs) -> Section | None:
    """Return the best recipe of each system, and all that were tried; None where there is no choice."""
    tasks = runs.tasks(EXPERIMENT, "dev")
    found = {system: recipes for system in (BASELINE, ELMO) if (recipes := rank(runs, system, tasks))}
    if all(len(recipes) < 2 for recipes in found.values()):
        return None
    draft = Draft("The best recipe")
    draft.say("All recipes were scored on dev, in percent. The mean is over the tasks.")
    best = [[system_name(system), *_cells(recipes[0], tasks)] for system, recipes in found.items()]
    named = [_task(runs, task) for task in tasks]
    draft.table(Table("The best of each", ["", "recipe", *named, "mean"], best, kind="facts named"))
    for system, recipes in found.items():
        names = list(recipes[0].settings)
        rows = [[str(i), *recipe.settings.values(), *_cells(recipe, tasks)[1:]] for i, recipe in enumerate(recipes, 1)]
        header = ["", *(NAMES.get(name, name) for name in names), *named, "mean"]
        title = f"All {len(recipes)} recipe{'s' * (len(recipes) > 1)} of {system_name(system)}"
        draft.table(Table(title, header, rows), folded=True)
    return draft.end()


def rank(runs: Runs, system: str, tasks: list[str]) -> list[Recipe]:
    """Return the recipes of a system that have a score in each task, the best first."""
    lines = [run for run in runs.all if EXPERIMENT in run["experiment"] and run["system"] == system]
    lines = [run for run in lines if run["split"] == "dev"]
    settings = {_name(run): run["variant"] for run in lines}
    known = dict.fromkeys(key for own in settings.values() for key in own)
    keys = [key for key in known if len({str(own.get(key)) for own in settings.values()}) > 1]
    recipes = []
    for name, own in settings.items():
        mine = [run for run in lines if _name(run) == name]
        scores = {task: score([run for run in mine if run["task"] == task]) for task in tasks}
        if all(scores.values()):
            shown = {key: _shown(own.get(key)) for key in keys}
            recipes.append(Recipe(shown, scores, mean(mean(values.values()) for values in scores.values())))
    return sorted(recipes, key=lambda recipe: -recipe.mean)


def _task(runs: Runs, task: str) -> str:
    """Return what a task is called, with the share of its data that recipes learned from."""
    shares = [run.get("share", 1.0) for run in runs.all if EXPERIMENT in run["experiment"] and run["task"] == task]
    return task_name(task, min(shares))


def _name(run: Result) -> str:
    return str(sorted(run["variant"].items()))


def _cells(recipe: Recipe, tasks: list[str]) -> list[str]:
    named = (f"{NAMES.get(key, key)} {value}" for key, value in recipe.settings.items())
    return [", ".join(named), *(percent(recipe.scores[task]) for task in tasks), write(100 * recipe.mean, 2)]


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
