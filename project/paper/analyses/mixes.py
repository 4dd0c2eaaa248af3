"""How tasks weigh the layers, once they are trained (paper, figure 2)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import spacy

from spacy_elmo.pipeline.mixes import find_mixes

from ..components import code  # noqa: F401  (what pipelines of this project need)
from .rows import Row


def list_mixes(pipelines: Mapping[str, Path]) -> list[Row]:
    """Return the weights of the layers in trained pipelines.

    Args:
        pipelines: A name, as that of a task or a run, and the folder of each.

    Returns:
        For each mix a row for each layer: "pipeline", "component", "place" ("input", "output" or "features"), "layer",
        "weight", which sum to 1 over layers, and "gamma".

    Raises:
        ValueError: A pipeline has no mix.
        OSError: It cannot be read.
    """
    found = []
    for name, folder in pipelines.items():
        mixes = find_mixes(spacy.load(folder))
        if not mixes:
            raise ValueError(f"{folder}: no component mixes layers; leave out pipelines without ELMo")
        for mix in mixes:
            facts = {"analysis": "mixes", "pipeline": name, "component": mix["component"], "place": mix["place"]}
            for layer, weight in enumerate(mix["weights"]):
                found.append({**facts, "layer": layer, "weight": weight, "gamma": mix["gamma"]})
    return found
