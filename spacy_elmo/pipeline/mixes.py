"""How the components of a pipeline weight ELMo's layers (figure 2 of the paper)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spacy.language import Language
from thinc.api import Model

from ..layers.scalar_mix import get_weights


def find_mixes(nlp: Language) -> list[dict[str, Any]]:
    """Return the mixes of a trained pipeline.

    Args:
        nlp: The pipeline.

    Returns:
        For each mix of each component, its "component", its "place" ("input" or "output" of an encoder, "features"
        elsewhere), the "weights" of the layers, which sum to 1, and "gamma".

    Raises:
        ValueError: For a component that is not initialized.
    """
    found = []
    for name, pipe in nlp.pipeline:
        for place, node in _walk(pipe.model) if hasattr(pipe, "model") else ():
            if node.has_param("gamma") is None:
                raise ValueError(f"the component '{name}' is not initialized; train the pipeline first")
            weights, gamma = get_weights(node)
            found.append({"component": name, "place": place, "weights": weights.tolist(), "gamma": gamma})
    return found


def _walk(model: Model, place: str = "features") -> Iterator[tuple[str, Model]]:
    """Yield the place and the node of each mix, in the order of the computation."""
    if model.name == "scalar_mix":
        yield place, model
    places = {"elmo_input": (1, "input"), "elmo_output": (len(model.layers) - 1, "output")}
    index, new_place = places.get(model.name, (None, place))
    for i, layer in enumerate(model.layers):
        yield from _walk(layer, new_place if i == index else place)
