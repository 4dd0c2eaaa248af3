"""Who listens to an elmo pipe: layers of later pipes that get their features from it."""

from __future__ import annotations

import warnings
from typing import Any, cast

from spacy.language import Language
from spacy.pipeline import EntityLinker, Tok2Vec
from spacy.pipeline.functions import DocCleaner
from thinc.api import Model

from ..layers.listener import Links, Upstream, get_pipe, is_listener, link, set_dims, unlink
from ..layers.shim import BiLMShim


class Listeners:
    """The listening layers of later pipes.

    Args:
        shim: The holder of the biLM that they listen to.

    Attributes:
        by_component: The layers of each component, by its name.
        are_behind_cleaner: Whether components that are added from now on are behind a `doc_cleaner` that drops the
            vectors.
    """

    def __init__(self, shim: BiLMShim):
        self.by_component: dict[str, list[Model]] = {}
        self.are_behind_cleaner = False
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
        self._links.add(link(listener, pipe, is_behind_cleaner=self.are_behind_cleaner))
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


class ListenedToPipe:
    """The side of an elmo pipe that later pipes see: spaCy's `ListenedToComponent`."""

    name: str
    _listeners: Listeners

    @property
    def listeners(self) -> list[Model]:
        """The layers of later pipes that get their features here."""
        return self._listeners.all()

    @property
    def listener_map(self) -> dict[str, list[Model]]:
        """The same by the name of their component. spaCy empties it when it links components."""
        return self._listeners.by_component

    @listener_map.setter
    def listener_map(self, listeners: dict[str, list[Model]]) -> None:
        self._listeners.by_component = listeners
        self._listeners.are_behind_cleaner = False

    @property
    def listening_components(self) -> list[str]:
        """The names of their components."""
        return list(self._listeners.by_component)

    def add_listener(self, listener: Model, component_name: str) -> None:
        """Join a listener of a later pipe to this one."""
        self._listeners.add(listener, component_name, cast(Upstream, self))

    def remove_listener(self, listener: Model, component_name: str) -> bool:
        """Part a listener from this pipe. Return whether it was there."""
        return self._listeners.remove(listener, component_name)

    def find_listeners(self, component: Any) -> None:
        """Add all listeners of a later pipe that name this one, or did so before it was renamed.

        spaCy calls this for one component after the other, in the order of the pipeline.

        Raises:
            ValueError: For a pipe that predicts on parts of Docs, which have no vectors.
        """
        if isinstance(component, DocCleaner) and {f"_.{self.name}_data", "user_data"} & set(component.cfg["attrs"]):
            self._listeners.are_behind_cleaner = True
        for listener in find_listening_layers(component, cast(Upstream, self)):
            self.add_listener(listener, component.name)

    def warn_if_unused(self, nlp: Language) -> None:
        """Warn where components are trained and none of them gets anything from this pipe, as with `spacy init config`.

        A pipe in `annotating_components` serves somebody who reads the vectors from Docs.
        """
        trained = [name for name, component in nlp.pipeline if _learns_without_elmo(component)]
        annotating = nlp.config.interpolate().get("training", {}).get("annotating_components", [])
        if trained and not self._listeners.by_component and self.name not in annotating:
            warnings.warn(
                f"no component listens to '{self.name}': {', '.join(trained)} will be trained without ELMo, which only "
                "leaves its vectors on Docs. To train with it, make the config with `python -m spacy elmo init-config`",
                stacklevel=2,
            )


def _learns_without_elmo(component: Any) -> bool:
    model = getattr(component, "model", None)
    if not getattr(component, "is_trainable", False) or not isinstance(model, Model) or isinstance(component, Tok2Vec):
        return False
    return not any(node.name == "inline_elmo" or is_listener(node) for node in model.walk())


def find_listening_layers(component: Any, pipe: Upstream) -> list[Model]:
    """Return the layers of a later pipe that listen to an elmo pipe.

    Raises:
        ValueError: For a pipe that predicts on parts of Docs, which have no vectors.
    """
    model = getattr(component, "model", None)
    nodes = model.walk() if isinstance(model, Model) else ()
    listeners = [node for node in nodes if is_listener(node)]
    found = [node for node in listeners if node.attrs["elmo_upstream"] in ("*", pipe.name) or get_pipe(node) is pipe]
    if found and isinstance(component, EntityLinker):
        raise ValueError(
            f"the pipe '{component.name}' predicts on parts of Docs, where a listener finds no vectors: set "
            '@architectures = "spacy-elmo.InlineElmo.v1" in its tok2vec'
        )
    renamed = {node.attrs["elmo_upstream"] for node in found} - {"*", pipe.name}
    if renamed:
        warnings.warn(
            f"the pipe '{component.name}' listens to '{renamed.pop()}', which is called '{pipe.name}' now; it still "
            f'does, until the pipeline is saved: set upstream = "{pipe.name}" in its config',
            stacklevel=2,
        )
    return found
