"""Who listens to an elmo pipe: layers of later pipes that get their features from it."""

from __future__ import annotations

from typing import Any

from spacy.pipeline import EntityLinker
from thinc.api import Model

from ..layers.listener import Links, Upstream, is_listener, link, set_dims, unlink
from ..layers.shim import BiLMShim


class Listeners:
    """The listening layers of later pipes.

    Args:
        shim: The holder of the biLM that they listen to.

    Attributes:
        by_component: The layers of each component, by its name.
    """

    def __init__(self, shim: BiLMShim):
        self.by_component: dict[str, list[Model]] = {}
        self._shim = shim
        self._links = Links()

    def __bool__(self) -> bool:
        """Return whether a layer of any pipeline listens.

        `by_component` forgets those of the pipeline that the pipe was sourced from, since both have the same pipe.
        """
        return bool(self.by_component or self._links)

    def all(self) -> list[Model]:
        """Return the layers of all components."""
        return [listener for listeners in self.by_component.values() for listener in listeners]

    def add(self, listener: Model, component_name: str, pipe: Upstream) -> None:
        """Join a layer of a component to the pipe."""
        known = self.by_component.setdefault(component_name, [])
        if not any(other is listener for other in known):
            known.append(listener)
        self._links.add(link(listener, pipe))
        self._set_dims(listener)

    def remove(self, listener: Model, component_name: str) -> bool:
        """Part a layer of a component from the pipe. Return whether it was there."""
        known = self.by_component.get(component_name, [])
        remaining = [other for other in known if other is not listener]
        if len(remaining) == len(known):
            return False
        self._links.discard(unlink(listener))
        self.by_component[component_name] = remaining
        if not remaining:
            del self.by_component[component_name]
        return True

    def fit(self) -> None:
        """Make all layers fit the weights, once there are weights."""
        for listener in self.all():
            self._set_dims(listener)

    def _set_dims(self, listener: Model) -> None:
        if self._shim.is_loaded:
            set_dims(listener, self._shim.config.n_outputs, self._shim.config.width)


def find_listening_layers(component: Any, upstream: str) -> list[Model]:
    """Return the layers of a later pipe that listen to a pipe of a name.

    Raises:
        ValueError: For a pipe that predicts on parts of Docs, which have no vectors.
    """
    model = getattr(component, "model", None)
    nodes = model.walk() if isinstance(model, Model) else ()
    found = [node for node in nodes if is_listener(node) and node.attrs["elmo_upstream"] in ("*", upstream)]
    if found and isinstance(component, EntityLinker):
        raise ValueError(
            f"the pipe '{component.name}' predicts on parts of Docs, where a listener finds no vectors: set "
            '@architectures = "spacy-elmo.InlineElmo.v1" in its tok2vec'
        )
    return found
