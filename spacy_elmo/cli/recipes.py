"""Configs to train pipelines on ELMo, from the settings that spaCy has for each component."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Sequence

import spacy
from spacy.language import Language
from spacy.util import load_model_from_config
from thinc.api import Config

from ..pretrained import find_pretrained, load_pretrained

LINKER = "entity_linker"
COMPONENTS = (
    *("tagger", "morphologizer", "trainable_lemmatizer", "parser", "senter", "ner", "span_finder"),
    *("spancat", "spancat_singlelabel", "textcat", "textcat_multilabel", LINKER),
)
RECIPES = ("listener", "paper")
# Their models pool or attend over what the encoder returns; the paper (section 5.2) saw ELMo help there.
WITH_OUTPUT = ("spancat", "spancat_singlelabel", "textcat", "textcat_multilabel")
WIDTH = 96


def make_config(
    *, lang: str, pipeline: Sequence[str], pretrained: str, recipe: str = "listener", keep_vectors: bool = False
) -> Config:
    """Return a complete config: an elmo pipe, components that listen to it, and what training needs but for the data.

    lang: code of the language. pipeline: names of trainable components, in their order.
    pretrained: name or path of weights, for `paths.elmo`.
    recipe: what components have for features: "listener", ELMo alone; "paper", ELMo with vectors of words before an
        encoder, and after it where that helps.
    keep_vectors: leave vectors on the Docs that the pipeline returns.
    Raises ValueError for an unknown component or recipe, or one named twice, and WeightsError for weights not found.
    """
    _check_known("component", COMPONENTS, pipeline)
    _check_known("recipe", RECIPES, [recipe])
    find_pretrained(pretrained)
    nlp = spacy.blank(lang)
    components: dict[str, Any] = {"elmo": {"factory": "elmo", "pretrained": None}}
    for name in pipeline:
        components[name] = _make_component(nlp, name, _make_tok2vec(name, recipe, pretrained))
    if not keep_vectors:
        components["elmo"] |= {"store": None, "vectors": None}
    if not keep_vectors and LINKER not in pipeline:  # its scorer reads Docs once more, and fails on cleaned ones
        components["doc_cleaner"] = {"factory": "doc_cleaner", "attrs": {"_.elmo_data": None}}
    config = {
        "paths": {"train": None, "dev": None, "elmo": pretrained},
        "nlp": {"lang": lang, "pipeline": list(components)},
        "components": components,
        "training": {"optimizer": {"@optimizers": "Adam.v1", "L2": 0.0}},
        "initialize": {"components": {"elmo": {"pretrained": "${paths.elmo}"}}},
    }
    return load_model_from_config(Config(config), auto_fill=True).config


def _check_known(kind: str, known: Sequence[str], given: Sequence[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown or not given:
        problem = f"unknown {kind} {', '.join(map(repr, unknown))}" if unknown else f"no {kind}"
        raise ValueError(f"{problem}: choose from {', '.join(known)}")
    if len(set(given)) < len(given):
        raise ValueError(f"a {kind} is named twice in {', '.join(given)}: name each once")


def _make_component(nlp: Language, name: str, tok2vec: dict[str, Any]) -> dict[str, Any]:
    """spaCy's own settings of a component, but for its tok2vec."""
    model = deepcopy(nlp.get_factory_meta(name).default_config["model"])
    return {"factory": name, "model": {**model, "tok2vec": tok2vec}}


def _make_tok2vec(name: str, recipe: str, pretrained: str) -> dict[str, Any]:
    features = _make_inline(pretrained) if name == LINKER else _make_features("ElmoListener")
    if recipe == "listener":
        return features
    tok2vec = f"components.{name}.model.tok2vec"
    return {
        "@architectures": "spacy-elmo.ElmoTok2Vec.v1",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": f"${{{tok2vec}.encode.width}}",
            "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
            "rows": [5000, 1000, 2500, 2500],
            "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "spacy.MaxoutWindowEncoder.v2",
            "width": WIDTH,
            "window_size": 1,
            "maxout_pieces": 3,
            "depth": 4,
        },
        "input": features,
        "output": deepcopy(features) if name in WITH_OUTPUT else None,
    }


def _make_features(architecture: str, **settings: Any) -> dict[str, Any]:
    mix = {"@architectures": "spacy-elmo.ScalarMix.v1"}
    return {"@architectures": f"spacy-elmo.{architecture}.v1", **settings, "mix": mix}


def _make_inline(pretrained: str) -> dict[str, Any]:
    """The entity linker reads sentences apart from their Docs, and its layers want to know the width beforehand."""
    bilm = {"@architectures": "spacy-elmo.BiLM.v1", "get_spans": {"@misc": "spacy-elmo.sentences.v1"}}
    width = load_pretrained(pretrained)[0].config.width
    return _make_features("InlineElmo", bilm=bilm, pretrained="${paths.elmo}", width=width)
