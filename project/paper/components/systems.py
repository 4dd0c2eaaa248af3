"""What is compared within the same heads: configs that differ in the vectors of words alone."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Literal

from spacy_elmo.util.checks import check_choice

System = Literal["tok2vec", "floret", "transformer", "elmo"]
Block = dict[str, Any]


def make_tok2vec(
    system: System,
    *,
    width: int = 96,
    dropout: float = 0.1,
    place: Literal["input", "output", "both"] = "input",
    is_pair: bool = False,
) -> Block:
    """Return the `tok2vec` block of a component for one of the systems.

    The encoder is the same for all: a biLSTM over what is known of each word.

    - "tok2vec", the baseline: spaCy's own embedding of the form of a word, and nothing else.
    - "floret": the same embedding with static vectors beside it, which spaCy projects to its width
      (`include_static_vectors`, that is `spacy.StaticVectors.v2`). It looks them up in the vocabulary, where
      `[initialize] vectors` puts them: the name of a pipeline, or a folder that `python -m spacy init vectors en
      FILE.floret FOLDER --mode floret` made of a table that `floret` wrote, as by `floret.train_unsupervised(TEXT,
      mode="floret", hashCount=2, bucket=50000, minn=4, maxn=5).save_floret_vectors(FILE)`. Such a table has a vector
      for every word, so that none is unknown.
    - "transformer": the layers of a small transformer, where ELMo would stand.
    - "elmo": the layers of the `elmo` pipe that is before the component.

    Args:
        system: Which of them.
        width: Of the embedding and of the encoder.
        dropout: Of the mixed layers of a transformer or of ELMo.
        place: Where those come in: before the encoder, behind it, or both (paper, table 3).
        is_pair: Whether Docs are pairs of sentences, which the encoder is to read apart.

    Raises:
        ValueError: There is no such system or place.
    """
    check_choice("system", system, System)
    check_choice("place", place, Literal["input", "output", "both"])
    known: dict[str, Block] = {
        "transformer": {"@architectures": "spacy-elmo-paper.Transformer.v1"},
        "elmo": {"@architectures": "spacy-elmo.ElmoListener.v1"},
    }
    layers = known.get(system)
    features = layers and {**layers, "mix": {"@architectures": "spacy-elmo.ScalarMix.v1", "dropout": dropout}}
    return {
        "@architectures": "spacy-elmo-paper.PairTok2Vec.v1" if is_pair else "spacy-elmo.ElmoTok2Vec.v1",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": width,
            "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
            "rows": [5000, 1000, 2500, 2500],
            "include_static_vectors": system == "floret",
        },
        "encode": {"@architectures": "spacy-elmo-paper.BiLSTMEncoder.v1", "width": width},
        "input": deepcopy(features) if place != "output" else None,
        "output": deepcopy(features) if place != "input" else None,
    }
