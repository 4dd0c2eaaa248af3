"""`spacy-elmo.InlineElmo.v1`: a biLM and a mix inside one component, which then needs no elmo pipe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, TypeAlias, cast

from spacy.tokens import Doc
from thinc.api import Model

from ..models import load_model
from ..util.types import Floats2d
from .scalar_mix import build_scalar_mix, set_dims
from .shim import BiLMShim

InT: TypeAlias = Sequence[Doc]
OutT: TypeAlias = list[Floats2d]
LISTENER, INLINE = "spacy-elmo.ElmoListener.v1", "spacy-elmo.InlineElmo.v1"


def build_inline_elmo(
    bilm: Model, mix: Model | None = None, pretrained: str | None = None, width: int | None = None
) -> Model[InT, OutT]:
    """Build ELMo features with a frozen biLM of their own.

    Pipes that predict on parts of Docs (entity_linker) need it, and components that are to stand alone
    (`nlp.replace_listeners` makes this).

    Args:
        bilm: A `spacy-elmo.BiLM.v1`.
        mix: A `spacy-elmo.ScalarMix.v1`; one with its defaults if None.
        pretrained: Where weights come from, unless they are loaded with the component.
        width: Width of the vectors, where it must be known before weights are loaded.

    Returns:
        List[Doc] to a list of (tokens, width).
    """
    mix = build_scalar_mix() if mix is None else mix
    return Model(
        "inline_elmo", forward, init=init, layers=[bilm, mix], dims={"nO": width}, attrs={"pretrained": pretrained}
    )


def init(model: Model[InT, OutT], X: InT | None = None, Y: OutT | None = None) -> None:
    _load(model)
    model.layers[1].initialize()


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable[[OutT], list]]:
    _load(model)
    bilm, mix = model.layers
    outputs, backprop_mix = mix(bilm.predict(docs), is_train)

    def backprop(d_outputs: OutT) -> list:
        backprop_mix(d_outputs)
        return []

    return outputs, backprop


def _load(model: Model[InT, OutT]) -> None:
    shim, mix = cast(BiLMShim, model.layers[0].shims[0]), model.layers[1]
    if not shim.is_loaded:
        if model.attrs["pretrained"] is None:
            raise ValueError("an inline ELMo has no weights: set `pretrained` to a model name or path")
        shim.load(load_model(model.attrs["pretrained"], with_head=False))
    config = shim.config
    if model.has_dim("nO") and model.get_dim("nO") != config.width:
        raise ValueError(f"width = {model.get_dim('nO')}: the weights have vectors of width {config.width}")
    set_dims(mix, config.n_outputs, config.width)
    model.set_dim("nO", config.width)


class ListenerReplacement:
    """What `nlp.replace_listeners` calls for the model of one elmo pipe: first for configs, then for models.

    spaCy does not say which block of a component's config it replaces. Where that is the whole tok2vec around a
    listener, the config that was given out is completed once spaCy has put it there. Until then it is noted here, for
    the thread that asked for it. A note that an error left behind is completed later, and right all the same.
    """

    def __init__(self) -> None:
        self._given = threading.local()

    def __deepcopy__(self, memo: dict) -> ListenerReplacement:
        return ListenerReplacement()

    def __reduce__(self) -> tuple:
        return ListenerReplacement, ()

    def replace_listener_cfg(self, bilm_cfg: dict[str, Any], tok2vec_cfg: dict[str, Any]) -> dict[str, Any]:
        """Return the config of an inline ELMo in place of the listener that is somewhere in a tok2vec's config.

        Raises:
            ValueError: Where there is no listener in it.
        """
        found = _find(tok2vec_cfg, lambda cfg: cfg.get("@architectures") == LISTENER)
        if found is None:
            raise ValueError(f"no block with @architectures = {LISTENER!r} in the component's model.tok2vec")
        replaced = {"@architectures": INLINE, "bilm": deepcopy(bilm_cfg), "pretrained": None, "width": None}
        replaced["mix"] = deepcopy(found.get("mix"))
        if found is not tok2vec_cfg:
            self._notes().append((tok2vec_cfg, replaced))
        return replaced

    def replace_listener(self, bilm: Model, listener: Model, pipe: Any) -> Model:
        """Return what takes a listener's place: a copy of the pipe's biLM, frozen, and the listener's own mix."""
        notes = self._notes()
        while notes:
            _complete(*notes.pop())
        inline = build_inline_elmo(bilm, listener.layers[0])
        cast(BiLMShim, bilm.shims[0]).freeze()
        _load(inline)
        return inline

    def _notes(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return the tok2vec configs with a listener inside, each with what replaces the listener."""
        return self._given.__dict__.setdefault("notes", [])


def _complete(tok2vec_cfg: dict[str, Any], replaced: dict[str, Any]) -> None:
    """Make a config the whole tok2vec, unless spaCy has put it inside that, in the place of the listener.

    As it was, the pipeline could be saved and not be loaded.
    """
    if _find(tok2vec_cfg, lambda cfg: cfg is replaced) is None:
        whole = deepcopy(tok2vec_cfg)
        listener = _find(whole, lambda cfg: cfg.get("@architectures") == LISTENER)
        if listener is not None:
            listener.clear()
            listener.update(replaced)
            replaced.clear()
            replaced.update(whole)


def _find(cfg: Any, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
    """Return the first block of a config, from the outside in, that fits."""
    if not isinstance(cfg, dict):
        return None
    if fits(cfg):
        return cfg
    return next((found for value in cfg.values() if (found := _find(value, fits)) is not None), None)
