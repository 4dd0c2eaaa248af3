"""What is compared within the same heads: configs that differ in the vectors of words alone."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Literal

from spacy_elmo.util.checks import check_choice

from ..layers import lstm  # noqa: F401  (registers the encoder)
from ..layers.parts import Parts

System = Literal["tok2vec", "floret", "transformer", "elmo"]
Encoder = Literal["bilstm", "cnn", "none"]
Place = Literal["input", "output", "both"]
Layers = Literal["all", "last"]
Form = Literal["full", "shape"]
Block = dict[str, Any]
CACHE_MB = 3072  # for the layers of all words of the largest corpora
FORMS = {  # attributes of words, and the rows of their tables
    "full": (["NORM", "PREFIX", "SUFFIX", "SHAPE"], [5000, 1000, 2500, 2500]),
    "shape": (["SHAPE"], [2500]),
}
MIXES = {"all": "learned", "last": "top"}  # of `spacy-elmo.ScalarMix.v1`


def make_tok2vec(
    system: System,
    *,
    width: int = 96,
    encoder: Encoder = "bilstm",
    depth: int = 1,
    encoder_dropout: float = 0.2,
    form: Form = "full",
    place: Place = "input",
    layers: Layers = "all",
    dropout: float = 0.1,
    l2: float = 0.001,
    layer_norm: bool = True,
    parts: Parts | None = None,
) -> Block:
    """Return the `tok2vec` block of a component for one of the systems.

    All else is the same for all of them: the embedding of the form of a word, and the encoder.

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
        encoder: "bilstm"; "cnn", spaCy's own; or "none", for a component that has one itself.
        depth: Layers of the encoder.
        encoder_dropout: In a biLSTM. spaCy's own encoder has the dropout of the training.
        form: What is embedded of the form of a word: all that spaCy embeds, or its shape (capitals and digits) alone. A
            language model has read its letters, and a task with few examples learns the words themselves by heart.
        place: Where the layers of a transformer or of ELMo come in: before the encoder, behind it, or both (paper,
            table 3).
        layers: All, mixed by weights that are learned, or the last one alone (paper, table 2).
        dropout: Of the mixed layers.
        l2: Lambda of the weights of the layers (paper, table 2).
        layer_norm: Whether each layer is normalized before it is mixed.
        parts: Of Docs, see `build_parts_tok2vec`: the encoder reads each by itself; None: it reads all at once.

    Raises:
        ValueError: There is no such system, encoder, form, place, or choice of layers.
    """
    check_choice("system", system, System)
    check_choice("encoder", encoder, Encoder)
    check_choice("form", form, Form)
    check_choice("place", place, Place)
    check_choice("layers", layers, Layers)
    known: dict[str, Block] = {
        "transformer": {"@architectures": "spacy-elmo-paper.Transformer.v1", "train_cache_mb": CACHE_MB},
        "elmo": {"@architectures": "spacy-elmo.ElmoListener.v1"},
    }
    mix = {"@architectures": "spacy-elmo.ScalarMix.v1", "mix": MIXES[layers], "dropout": dropout, "L2": l2}
    mix |= {"layer_norm": layer_norm}
    features = {**known[system], "mix": mix} if system in known else None
    encoders: dict[str, Block] = {
        "bilstm": {"@architectures": "spacy-elmo-paper.BiLSTM.v1", "width": width, "depth": depth}
        | {"dropout": encoder_dropout},
        "cnn": {"@architectures": "spacy.MaxoutWindowEncoder.v2", "width": width, "depth": depth}
        | {"window_size": 1, "maxout_pieces": 3},
        "none": {"@layers": "noop.v1", "*": {}},
    }
    attributes, rows = FORMS[form]
    tok2vec: Block = {"@architectures": "spacy-elmo.ElmoTok2Vec.v1"}
    if parts:
        tok2vec = {"@architectures": "spacy-elmo-paper.PartsTok2Vec.v1", "parts": parts}
    return {
        **tok2vec,
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": width,
            "attrs": list(attributes),
            "rows": list(rows),
            "include_static_vectors": system == "floret",
        },
        "encode": encoders[encoder],
        "input": deepcopy(features) if place != "output" else None,
        "output": deepcopy(features) if place != "input" else None,
    }
