"""How tasks weigh the layers (paper, figure 2)."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean
from typing import Any, NamedTuple

from project.shared.pages.draft import Draft
from project.shared.pages.heat import heat_table
from project.shared.pages.markup import Section, Table
from project.shared.results import Result, is_number

from .figures import Runs, write
from .labels import ELMO, task_name

PLACES = {"input": "before the encoder", "output": "behind it", "features": "as the only features"}


class Mix(NamedTuple):
    """What a task has learned, as means over seeds.

    Attributes:
        task: Which task.
        share: Of the training data.
        component: That has the mix.
        place: "input" or "output" of an encoder, or "features".
        is_alone: Whether ELMo comes in at no other place.
        weights: Of each layer; they sum to 1.
        gamma: What the mix is multiplied by.
    """

    task: str
    share: float
    component: str
    place: str
    is_alone: bool
    weights: list[float]
    gamma: float


def mixes(runs: Runs) -> Section | None:
    """Return the weights of the layers by task and place; None without runs."""
    found = list(find_mixes(runs))
    if not found:
        return None
    n_layers = max(len(mix.weights) for mix in found)
    draft = Draft("What tasks take from each layer")
    draft.say(
        "The learned weights of the layers, which sum to 1, and the factor γ: means over seeds. Layer 0 is the word "
        "without context. In the paper the first layer of the LSTM has the greatest weight before an encoder, above "
        "all in coreference and questions, and the weights behind an encoder are more even."
    )
    columns = [f"layer {i}" for i in range(n_layers)]
    names = [_name(mix, found) for mix in found]
    rows = [
        (name, [(write(value, 2), max(0.0, min(1.0, value))) for value in mix.weights])
        for name, mix in zip(names, found)
    ]
    draft.html(heat_table("Weights of the layers; the darker, the more", columns, rows))
    cells = [
        [name, *(write(value, 3) for value in mix.weights), *[""] * (n_layers - len(mix.weights)), write(mix.gamma, 2)]
        for name, mix in zip(names, found)
    ]
    draft.table(Table("Weights and γ", ["", *columns, "γ"], cells), folded=True)
    return draft.end()


def find_mixes(runs: Runs) -> Iterator[Mix]:
    """Yield what tasks have learned: with ELMo where it comes in by default, and then in the other places."""
    for task in runs.tasks("tasks", "dev", "test"):
        yield from _means(task, runs.of("tasks", task, ELMO, "dev"))
    for task in runs.tasks("places", "dev"):
        for place in ("input", "output", "both"):
            found = runs.of("places", task, ELMO, "dev", place=place)
            yield from _means(task, [run for run in found if "tasks" not in run["experiment"]])


def _means(task: str, found: list[Result]) -> Iterator[Mix]:
    kept: dict[tuple[str, str], list[Any]] = {}
    for run in found:
        for mix in run.get("mixes", []):
            if _is_mix(mix):
                kept.setdefault((mix["component"], mix["place"]), []).append(mix)
    for (component, place), own in kept.items():
        same = [mix for mix in own if len(mix["weights"]) == len(own[0]["weights"])]
        weights = [mean(values) for values in zip(*(mix["weights"] for mix in same))]
        share, gamma = found[0].get("share", 1.0), mean(mix["gamma"] for mix in same)
        yield Mix(task, share, component, place, len(kept) == 1, weights, gamma)


def _name(mix: Mix, found: list[Mix]) -> str:
    components = {other.component for other in found if other.task == mix.task}
    component = f", {mix.component}" if len(components) > 1 else ""
    also = "" if mix.is_alone else ", of both"
    return f"{task_name(mix.task, mix.share)}{component}: {PLACES.get(mix.place, mix.place)}{also}"


def _is_mix(mix: Any) -> bool:
    texts = isinstance(mix, dict) and all(isinstance(mix.get(key), str) for key in ("component", "place"))
    weights = mix.get("weights") if texts else None
    return isinstance(weights, list) and bool(weights) and all(map(is_number, (*weights, mix.get("gamma"))))
