"""`nlp.add_pipe("elmo")`: the component's settings and their defaults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config, Model

from ..layers.shim import BiLMShim
from ..models.describe import read_facts
from ..tokens.mix import Mix
from ..util.types import Floats3d
from .credits import Credits
from .elmo import Elmo
from .storage import Dtype, Storage, Store, Vectors

DEFAULT_CONFIG = Config().from_str(
    """
[elmo]
pretrained = "en_elmo_sm"
frozen = true
learn_rate_factor = 1.0
train_cache_mb = 1024
mix = "average"
gamma = 1.0
store = "layers"
dtype = "float32"
vectors = "auto"

[elmo.model]
@architectures = "spacy-elmo.BiLM.v1"
initial_state = "warm"
max_batch_words = 4096
word_cache = 100000
prepack = "auto"
precision = "float32"
device = null

[elmo.model.get_spans]
@misc = "spacy-elmo.sentences.v1"
max_words = 100
"""
)["elmo"]


EXTENSIONS = ("elmo", "elmo_layers")


@Language.factory(
    "elmo",
    assigns=["doc._.elmo_data", *(f"{kind}._.{name}" for kind in ("doc", "span", "token") for name in EXTENSIONS)],
    default_config=DEFAULT_CONFIG,
)
def make_elmo(
    nlp: Language,
    name: str,
    model: Model[Sequence[Doc], list[Floats3d]],
    pretrained: str | None,
    frozen: bool,
    learn_rate_factor: float,
    train_cache_mb: float,
    mix: Mix,
    gamma: float,
    store: Store,
    dtype: Dtype,
    vectors: Vectors,
) -> Elmo:
    """Build the component from a config; `Elmo` and `Storage` have the settings."""
    credits = Credits(nlp)
    credits.update(read_facts(pretrained))  # a pipeline may be saved before its weights are loaded
    cast(BiLMShim, model.shims[0]).after_load = credits.update
    return Elmo(
        nlp.vocab,
        model,
        name,
        pretrained=pretrained,
        frozen=frozen,
        learn_rate_factor=learn_rate_factor,
        train_cache_mb=train_cache_mb,
        storage=Storage(mix=mix, gamma=gamma, store=store, dtype=dtype, vectors=vectors),
        nlp=nlp,
    )
