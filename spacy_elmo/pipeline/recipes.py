"""Configs to train pipelines on ELMo, from the settings that spaCy has for each component."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import spacy
from spacy.language import Language
from spacy.util import load_model_from_config
from thinc.api import Config

from ..models.describe import read_facts
from ..models.load import find_model, load_model
from .serialization import check_language

LINKER = "entity_linker"
SENTENCES = ("parser", "senter")
COMPONENTS = (
    *("tagger", "morphologizer", "trainable_lemmatizer", "parser", "senter", "ner", "span_finder"),
    *("spancat", "spancat_singlelabel", "textcat", "textcat_multilabel", LINKER),
)
# Layers of the encoder behind [x; ELMo]: where ELMo brings the context, one is nearly as good as four, and faster.
DEPTHS = {"listener": 1, "paper": 4}
RECIPES = tuple(DEPTHS)
WIDTH = 96
# Weight decay would pull the weights of mixes to 0. Averages are what a rate that never falls lacks.
OPTIMIZER = {"@optimizers": "Adam.v1", "L2": 0.0, "use_averages": True}
DROPOUT = 0.1  # of ELMo: the paper's 0.5 is meant for vectors of 1,024 numbers, and costs small models accuracy


def make_config(
    *,
    lang: str,
    pipeline: Sequence[str],
    pretrained: str,
    recipe: str = "listener",
    keep_vectors: bool = False,
    baseline: bool = False,
    tokenizer: dict[str, Any] | None = None,
) -> Config:
    """Return a complete config: an elmo pipe, components that listen to it, and what training needs but for the data.

    Args:
        lang: Code of the language.
        pipeline: Names of trainable components, in their order.
        pretrained: Name or path of weights, for `paths.elmo`.
        recipe: What components make of ELMo and vectors of words: "listener", a thin encoder over both; "paper", a full
            one, with ELMo after it as well.
        keep_vectors: Leave vectors on the Docs that the pipeline returns.
        baseline: The same config without ELMo, to see what it brings.
        tokenizer: The block `[nlp.tokenizer]`, None for that of the language.

    Raises:
        ValueError: For an unknown component or recipe, or one named twice.
        WeightsError: For weights that are not found.
    """
    _check_known("component", COMPONENTS, pipeline)
    _check_known("recipe", RECIPES, [recipe])
    find_model(pretrained)
    text = {"tokenizer": tokenizer} if tokenizer else {}
    nlp = spacy.blank(lang, config={"nlp": text})
    sentences = _find_sentences(pipeline)
    config: dict[str, Any] = {
        "paths": {"train": None, "dev": None},
        "nlp": {"lang": lang, **text},
        "components": {},
        "training": {"optimizer": dict(OPTIMIZER), "annotating_components": sentences},
    }
    if "sentencizer" in sentences:
        config["components"]["sentencizer"] = {"factory": "sentencizer"}
    if not baseline:
        check_language(pretrained, read_facts(pretrained).get("lang"), lang)
        config["paths"]["elmo"] = pretrained
        config["initialize"] = {"components": {"elmo": {"pretrained": "${paths.elmo}"}}}
        config["components"]["elmo"] = _make_elmo(keep_vectors)
    for name in pipeline:
        features = None if baseline else _make_features(name, pretrained)
        config["components"][name] = _make_component(nlp, name, _make_tok2vec(name, recipe, features))
    if not baseline and not keep_vectors and LINKER not in pipeline:  # its scorer cannot read cleaned Docs
        config["components"]["doc_cleaner"] = {"factory": "doc_cleaner", "attrs": {"_.elmo_data": None}}
    config["nlp"]["pipeline"] = list(config["components"])
    return load_model_from_config(Config(config), auto_fill=True).config


def _find_sentences(pipeline: Sequence[str]) -> list[str]:
    """Return the component that marks sentences while an entity linker is trained, which reads them one by one."""
    if LINKER not in pipeline:
        return []
    return [next((name for name in pipeline[: pipeline.index(LINKER)] if name in SENTENCES), "sentencizer")]


def _check_known(kind: str, known: Sequence[str], given: Sequence[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown or not given:
        problem = f"unknown {kind} {', '.join(map(repr, unknown))}" if unknown else f"no {kind}"
        raise ValueError(f"{problem}: choose from {', '.join(known)}")
    if len(set(given)) < len(given):
        raise ValueError(f"a {kind} is named twice in {', '.join(given)}: name each once")


def _make_component(nlp: Language, name: str, tok2vec: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a component that spaCy has for it, but for its tok2vec."""
    config = nlp.get_factory_meta(name).default_config
    assert config is not None
    model = deepcopy(config["model"])
    return {"factory": name, "model": {**model, "tok2vec": tok2vec}}


def _make_elmo(keep_vectors: bool) -> dict[str, Any]:
    elmo = {"factory": "elmo", "pretrained": None}
    return elmo if keep_vectors else {**elmo, "store": None, "vectors": None}


def _make_tok2vec(name: str, recipe: str, features: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "@architectures": "spacy-elmo.ElmoTok2Vec.v1",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": f"${{components.{name}.model.tok2vec.encode.width}}",
            "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
            "rows": [5000, 1000, 2500, 2500],
            "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "spacy.MaxoutWindowEncoder.v2",
            "width": WIDTH,
            "window_size": 1,
            "maxout_pieces": 3,
            "depth": DEPTHS[recipe],
        },
        "input": features,
        "output": deepcopy(features) if recipe == "paper" and name != LINKER else None,  # which would compute it twice
    }


def _make_features(name: str, pretrained: str) -> dict[str, Any]:
    # The words of layer 0 may be twenty times as long as those of other layers, which they would drown.
    mix = {"@architectures": "spacy-elmo.ScalarMix.v1", "dropout": DROPOUT, "layer_norm": True}
    if name != LINKER:
        return {"@architectures": "spacy-elmo.ElmoListener.v1", "mix": mix}
    # The entity linker reads sentences apart from their Docs, and its layers want to know the width beforehand.
    bilm = {"@architectures": "spacy-elmo.BiLM.v1", "get_spans": {"@misc": "spacy-elmo.sentences.v1"}}
    width = load_model(pretrained, with_head=False).model.config.width
    inline = {"bilm": bilm, "pretrained": "${paths.elmo}", "width": width}
    return {"@architectures": "spacy-elmo.InlineElmo.v1", **inline, "mix": mix}
