"""`spacy-elmo.ElmoListener.v1`: the vectors of an elmo pipe as the features of another pipe.

The pipe leaves its layers on the Docs, in training as in prediction, and the listener reads them there and mixes them.
Gradients go back to the pipe only where it is trained. spaCy's protocol: `spacy.ty.ListenedToComponent`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias
from weakref import WeakSet

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model

from ..tokens.data import get_features
from ..util.types import Floats2d, Floats3d
from . import scalar_mix
from .scalar_mix import build_scalar_mix

InT: TypeAlias = Sequence[Doc]
OutT: TypeAlias = list[Floats2d]
BEHIND_CLEANER = (
    "a `doc_cleaner` before the component drops them; put the component in front of it, as with "
    'nlp.add_pipe(..., before="doc_cleaner")'
)


class Upstream(Protocol):
    """What a listener needs of its pipe."""

    name: str

    @property
    def weights_digest(self) -> str | None:
        """A digest of the weights that the layers come from; None where they change."""

    def name_in(self, doc: Doc) -> str:
        """Return the name under which the pipe keeps its data on a Doc."""

    def find_absence(self, doc: Doc) -> str | None:
        """Return why a Doc comes without vectors of the pipe, where it knows that."""

    def load(self) -> None:
        """Load the weights, unless there are weights."""

    def supply(self, docs: Sequence[Doc]) -> None:
        """Put the layers on Docs to train on."""

    def receive_gradient(self, docs: Sequence[Doc], d_layers: Sequence[Floats3d]) -> None:
        """Take the gradients of a loss with respect to the layers of Docs, (layers, tokens, width) each."""


class Link:
    """The pipe a listener listens to, and the Docs that shapes are inferred from.

    Copies and pickles of a listener are not linked; they know the name of the pipe.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self.pipe: Upstream | None = None
        self.is_behind_cleaner = False
        self.samples: WeakSet[Doc] = WeakSet()
        self.has_warned = False
        self.warned_of: str | None = None  # the digest of weights that the component was not trained with

    def __deepcopy__(self, memo: dict) -> Link:
        return Link(self.name)

    def __reduce__(self) -> tuple:
        return Link, (self.name,)


class Links(WeakSet):
    """The links of a pipe to the listeners that are still there. Pickles have none, as for links themselves."""

    def __reduce__(self) -> tuple:
        return Links, ()


def build_listener(upstream: str = "elmo", mix: Model | None = None) -> Model[InT, OutT]:
    """Build a layer that gives the mixed vectors of an earlier elmo pipe, of whatever width they are.

    Args:
        upstream: Name of the pipe, or "*" for the last one before the listener.
        mix: A `spacy-elmo.ScalarMix.v1`; one with its defaults if None.

    Returns:
        List[Doc] to a list of (tokens, width). Where Docs have no vectors of the pipe, training has the pipe compute
        them, and prediction goes on with zeros and warns once.
    """
    mix = build_scalar_mix() if mix is None else mix
    return Model(
        "elmo_listener",
        forward,
        init=init,
        layers=[mix],
        dims={"nO": None},
        attrs={"elmo_upstream": upstream, "elmo_link": Link(), "elmo_weights": None},
    )


def is_listener(model: Model) -> bool:
    """Return whether a layer is what `build_listener` builds."""
    return "elmo_upstream" in model.attrs


def link(model: Model[InT, OutT], pipe: Upstream, *, is_behind_cleaner: bool = False) -> Link:
    """Join a listener to its pipe, and return what joins them.

    Args:
        model: The listener.
        pipe: The pipe.
        is_behind_cleaner: Whether a component between them drops the vectors.
    """
    joint: Link = model.attrs["elmo_link"]
    joint.name, joint.pipe, joint.is_behind_cleaner = pipe.name, pipe, is_behind_cleaner
    return joint


def unlink(model: Model[InT, OutT]) -> Link:
    """Part a listener from its pipe, and return what joined them."""
    joint: Link = model.attrs["elmo_link"]
    joint.name, joint.pipe, joint.is_behind_cleaner = None, None, False
    return joint


def get_pipe(model: Model[InT, OutT]) -> Upstream | None:
    """Return the pipe that a listener is joined to."""
    return model.attrs["elmo_link"].pipe


def set_dims(model: Model[InT, OutT], n_layers: int, width: int) -> None:
    """Make a listener fit a biLM.

    Raises:
        ValueError: Where it was trained with another one. A listener to any pipe is left as it is: there may be another
            pipe that it fits, and `forward` sees.
    """
    if model.attrs["elmo_upstream"] == "*" and model.layers[0].has_param("gamma"):
        return
    scalar_mix.set_dims(model.layers[0], n_layers, width)
    model.set_dim("nO", width, force=True)


def init(model: Model[InT, OutT], X: InT | None = None, Y: OutT | None = None) -> None:
    link, pipe = model.attrs["elmo_link"], get_pipe(model)
    if pipe is not None:
        pipe.load()  # spaCy does not initialize pipes that are in `frozen_components`
    if link.is_behind_cleaner:
        problem = f"a component that listens to '{model.attrs['elmo_upstream']}' would predict without its vectors"
        raise ValueError(f"{problem}: {BEHIND_CLEANER}")
    _check_dims(model)
    model.layers[0].initialize()
    link.samples.update(X or ())
    _note_weights(model)


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable[[OutT], list]]:
    _check_dims(model)
    pipe = get_pipe(model)
    if is_train and pipe is not None:
        _supply(docs, pipe)
    _check_weights(model)
    if is_train:
        _note_weights(model)
    outputs, backprop_mix = model.layers[0]([_features(model, doc, is_train) for doc in docs], is_train)

    def backprop(d_outputs: OutT) -> list:
        d_layers = backprop_mix(d_outputs)
        pipe = get_pipe(model)
        if pipe is not None:
            pipe.receive_gradient(docs, d_layers)
        return []

    return outputs, backprop


def _supply(docs: InT, pipe: Upstream) -> None:
    """Have the pipe compute what no update of it did: in `nlp.rehearse`, `debug model`, and where it is frozen."""
    missing = [doc for doc in docs if get_features(doc, pipe.name_in(doc)) is None]
    if missing:
        pipe.supply(missing)


def _features(model: Model[InT, OutT], doc: Doc, is_train: bool) -> Floats3d:
    link, mix = model.attrs["elmo_link"], model.layers[0]
    name = (link.name or model.attrs["elmo_upstream"]) if link.pipe is None else link.pipe.name_in(doc)
    expected = mix.get_dim("layers"), len(doc), mix.get_dim("nO")
    features = get_features(doc, name)
    if features is None:
        _report_missing(model, doc, name, is_train)
        return np.zeros(expected, dtype="float32")
    if features.shape != expected:
        raise ValueError(
            f"the Doc has vectors of '{name}' with (layers, width) {(features.shape[0], features.shape[2])}, the "
            f"component was trained with {(expected[0], expected[2])}: use the weights that it was trained with"
        )
    return features


def _report_missing(model: Model[InT, OutT], doc: Doc, name: str, is_train: bool) -> None:
    """Zeros are right for Docs without words, and while spaCy infers shapes."""
    link = model.attrs["elmo_link"]
    if all(token.is_space for token in doc) or (doc in link.samples and not is_train):
        return
    problem = f"a Doc without vectors of the pipe '{name}' reached a component that listens to it"
    if is_train:
        raise ValueError(f"{problem}: {_find_cause(link, name, doc)}")
    if not link.has_warned:
        link.has_warned = True
        warnings.warn(f"{problem}, and predicts without them: {_find_cause(link, name, doc)}", stacklevel=2)


def _note_weights(model: Model[InT, OutT]) -> None:
    """Note what the component is trained with. It is saved with the component."""
    pipe = model.attrs["elmo_link"].pipe
    model.attrs["elmo_weights"] = None if pipe is None else pipe.weights_digest


def _check_weights(model: Model[InT, OutT]) -> None:
    """Warn once where the pipe has other weights than the component was trained with."""
    link, trained_with = model.attrs["elmo_link"], model.attrs["elmo_weights"]
    digest = None if link.pipe is None or trained_with is None else link.pipe.weights_digest
    if digest not in (None, trained_with, link.warned_of):
        link.warned_of = digest
        warnings.warn(
            f"a component was trained with other weights than the pipe '{link.pipe.name}' has now: give the pipe the "
            "weights that it was trained with, or train it again",
            stacklevel=2,
        )


def _find_cause(link: Link, name: str, doc: Doc) -> str:
    if link.pipe is None:
        return f"no elmo pipe of that name is before the component; is '{name}' excluded, or `upstream` misspelt?"
    if link.is_behind_cleaner:
        return BEHIND_CLEANER
    return link.pipe.find_absence(doc) or f"'{name}' has not seen the Doc; was the component called alone?"


def _check_dims(model: Model[InT, OutT]) -> None:
    """Raise ValueError where the listener does not know its width: it has no pipe, or one without weights."""
    upstream = model.attrs["elmo_upstream"]
    if not model.has_dim("nO") and get_pipe(model) is None:
        raise ValueError(
            f"no elmo pipe of the name '{upstream}' is before the component that listens to it: correct `upstream`, or "
            "move the elmo pipe to the front"
        )
    if not model.has_dim("nO"):
        raise ValueError(
            f"the pipe '{upstream}' has no weights yet: set `pretrained` in [initialize.components.{upstream}]"
        )
