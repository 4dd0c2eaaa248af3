"""Tiny configs of pretraining, for all tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from thinc.api import Config

from spacy_elmo.pretraining.config import complete
from spacy_elmo.pretraining.loop.run import Outcome
from spacy_elmo.pretraining.pretrain import pretrain_model
from tests.support.runs import ignore

TINY = """
[corpus]
dev_size = 2
min_count = 1
max_words = null

[model]
@misc = "spacy-elmo.CharacterBiLM.v1"
hidden_size = 8
projection_size = 4
filters = [[1, 4], [2, 4]]
embedding_size = 4
max_characters = 12

[training]
batch_size = 2
unroll_steps = 4
max_steps = 6
eval_frequency = 3

[training.softmax]
@misc = "spacy-elmo.FullSoftmax.v1"
"""


def tiny_config(text: Path, **changes: Any) -> Config:
    """Return a config for a text, with values changed by their place: two underscores for the dot."""
    values = {"paths.train": str(text), **{key.replace("__", "."): value for key, value in changes.items()}}
    whole = complete(Config().from_str(TINY, interpolate=False))
    return Config().from_str(whole.to_str(), interpolate=False, overrides=values)


def pretrain_quietly(config: Config, output: Path, **settings: Any) -> Outcome:
    """Pretrain without notices."""
    return pretrain_model(config, output, notify=ignore, **settings)
