"""What is done with the layers, and where they come in (paper, tables 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from project.shared.pages.draft import Draft
from project.shared.pages.markup import Section, Table, without_empty

from .figures import Runs, Values, percent, score
from .labels import BASELINE, ELMO, task_name

Variants = Mapping[str, Mapping[str, Any]]
LAYERS: Variants = {
    "last layer": {"layers": "last"},
    "all, λ = 1": {"layers": "all", "l2": 1},
    "all, λ = 0.001": {"layers": "all", "l2": 0.001},
}
PLACES: Variants = {
    "before the encoder": {"place": "input"},
    "before and behind it": {"place": "both"},
    "behind it": {"place": "output"},
}
# On dev in the paper: the baseline of table 2, and ELMo in the order of the variants
PUBLISHED = {
    "layers": {
        "SQuAD": ("80.8", "84.7", "85.0", "85.2"),
        "SNLI": ("88.1", "89.1", "89.3", "89.5"),
        "semantic roles, OntoNotes": ("81.6", "84.1", "84.6", "84.8"),
    },
    "places": {
        "SQuAD": ("80.8", "85.1", "85.6", "84.8"),
        "SNLI": ("88.1", "88.9", "89.5", "88.7"),
        "semantic roles, OntoNotes": ("81.6", "84.7", "84.3", "80.8"),
    },
}


def layers(runs: Runs) -> Section | None:
    """Return what the last layer brings, and all of them; None without runs."""
    return _section(
        runs,
        "layers",
        LAYERS,
        "All layers or the last one",
        "λ pulls the weights of the layers together: with 1 the mix is close to their mean, with 0.001 it is learned "
        "freely. In the paper all layers are better than the last one in each task that it shows.",
    )


def places(runs: Runs) -> Section | None:
    """Return what ELMo brings before an encoder, behind it, and in both places; None without runs."""
    return _section(
        runs,
        "places",
        PLACES,
        "Where ELMo comes in",
        "ELMo stands beside what an encoder reads, beside what it returns, or both. In the paper both places are best "
        "for questions and entailment, and the place before the encoder for semantic roles.",
    )


def compare(runs: Runs, experiment: str, variants: Variants) -> dict[str, dict[str, Values]]:
    """Return the scores on dev of each variant, for each task that has all of them."""
    found = {}
    for task in runs.tasks(experiment, "dev"):
        values = {name: runs.values(experiment, task, ELMO, "dev", **variant) for name, variant in variants.items()}
        if all(values.values()):
            found[task] = values
    return found


def _section(runs: Runs, experiment: str, variants: Variants, title: str, about: str) -> Section | None:
    rows = []
    for task in runs.tasks(experiment, "dev"):
        cells = [runs.of(experiment, task, BASELINE, "dev")]
        cells += [runs.of(experiment, task, ELMO, "dev", **variant) for variant in variants.values()]
        shares = {run.get("share", 1.0) for cell in cells for run in cell}
        if shares:
            rows.append([task_name(task, min(shares)), *(percent(score(cell)) for cell in cells)])
    if not rows:
        return None
    draft = Draft(title)
    draft.say(f"{about} Percent on dev, mean over seeds ± standard deviation.")
    header = ["", "baseline", *variants]
    draft.table(Table("First score of the tasks", *without_empty(header, rows)))
    theirs = [[task, *scores] for task, scores in PUBLISHED[experiment].items()]
    draft.table(Table("In the paper, on other data", header, theirs))
    return draft.end()
