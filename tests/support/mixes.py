"""A pipeline whose mixes have weights that are known."""

from typing import Any

import numpy as np
from spacy.language import Language
from spacy.training import Example

MIX = {"@architectures": "spacy-elmo.ScalarMix.v1"}
LISTENER = {"@architectures": "spacy-elmo.ElmoListener.v1", "upstream": "elmo", "mix": MIX}
EMBED = {"width": 8, "attrs": ["NORM"], "rows": [50], "include_static_vectors": False}
ENCODE = {"width": 8, "depth": 1, "window_size": 1, "maxout_pieces": 2}
BOTH = {
    "@architectures": "spacy-elmo.ElmoTok2Vec.v1",
    "embed": {"@architectures": "spacy.MultiHashEmbed.v2", **EMBED},
    "encode": {"@architectures": "spacy.MaxoutWindowEncoder.v2", **ENCODE},
    "input": LISTENER,
    "output": {**LISTENER, "mix": {**MIX, "mix": "top"}},
}
RAW = {("tagger", "features"): [0.0, 1.0, 2.0], ("senter", "input"): [3.0, 0.0, 0.0]}
GAMMA = {"tagger": 1.5, "senter": 0.5}


def train_mixes(nlp: Language) -> Language:
    """Add a tagger that listens, and a senter with ELMo at its input and, the top layer, at its output.

    The mixes that are learned have the weights of RAW and GAMMA.
    """
    for name, tok2vec in (("tagger", LISTENER), ("senter", BOTH)):
        nlp.add_pipe(name, config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": tok2vec}})
    doc = nlp.make_doc("A bank. A river.")
    facts: dict[str, Any] = {"tags": ["D", "N", ".", "D", "N", "."], "sent_starts": [1, 0, 0, 1, 0, 0]}
    nlp.initialize(lambda: [Example.from_dict(doc, facts)])
    for (name, _), raw in RAW.items():
        node = next(node for node in nlp.get_pipe(name).model.walk() if node.has_param("w"))
        node.set_param("w", np.asarray(raw, dtype="float32"))
        node.set_param("gamma", np.asarray([GAMMA[name]], dtype="float32"))
    return nlp


def softmax(raw: list[float]) -> np.ndarray:
    return np.exp(raw) / np.exp(raw).sum()


def check_mixes(found: list[dict[str, Any]]) -> None:
    """The mixes are those of `train_mixes`."""
    mixes = {(mix["component"], mix["place"]): mix for mix in found}
    assert list(mixes) == [("tagger", "features"), ("senter", "input"), ("senter", "output")]
    for place, raw in RAW.items():
        np.testing.assert_allclose(mixes[place]["weights"], softmax(raw), atol=1e-6)  # float32
    assert mixes["senter", "output"]["weights"] == [0, 0, 1]
    assert [mix["gamma"] for mix in mixes.values()] == [1.5, 0.5, 1]
