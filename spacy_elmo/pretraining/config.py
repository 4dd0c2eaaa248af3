"""Configs of pretraining: defaults, sizes, and which settings may change in the middle of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from spacy.util import dict_to_dot
from thinc.api import Config

DEFAULT = """
[paths]
train = null
heldout = null
vocab = null
init = null
corpus = null

[system]
seed = 0
threads = null

[nlp]
lang = "en"

[corpus]
heldout_share = 0.01
max_words = 30000
min_count = 2
keep_vocabulary = true

[corpus.train]
@readers = "spacy-elmo.Text.v1"
paths = ${paths.train}
lang = ${nlp.lang}
n_process = 1

[corpus.heldout]
@readers = "spacy-elmo.Text.v1"
paths = ${paths.heldout}
lang = ${nlp.lang}
n_process = 1

[model]
@misc = "spacy-elmo.CharacterBiLM.v1"
hidden_size = 512
projection_size = 128
filters = [[1, 32], [2, 32], [3, 64], [4, 128], [5, 256]]
embedding_size = 16
n_highway = 1
activation = "relu"
max_characters = 50
n_layers = 2
cell_clip = 3.0
projection_clip = 3.0
skip_connections = true

[training]
lanes = 64
steps = 20
dropout = 0.1
clip_norm = 1.0
max_steps = 10000
max_epochs = null
max_words = null
max_seconds = null
eval_frequency = 500
keep_checkpoints = 2

[training.softmax]
@misc = "spacy-elmo.SampledSoftmax.v1"
n_samples = 2048

[training.optimizer]
@optimizers = "spacy-elmo.Adam.v1"
beta1 = 0.9
beta2 = 0.99

[training.optimizer.learn_rate]
@schedules = "spacy-elmo.cosine.v1"
rate = 0.002
warmup = 100
total = ${training.max_steps}

[training.logger]
@loggers = "spacy-elmo.PretrainLogger.v1"
"""
# May be others when a run goes on; text that moved is known by its digest
CHANGEABLE = (
    *("training.max_", "training.eval_frequency", "training.keep_checkpoints", "training.logger", "system.threads"),
    *("corpus.train.paths", "corpus.train.n_process", "corpus.heldout.paths", "corpus.heldout.n_process"),
    *("paths.train", "paths.heldout", "paths.corpus"),
)
TOKENS_A_WORD = 1.1  # with the markers of sentences


class Size(NamedTuple):
    """Dimensions and batches. max_words: of the vocabulary at most. rate: of Adam; None for bilm-tf's Adagrad."""

    hidden_size: int
    projection_size: int
    filters: list[list[int]]
    n_highway: int
    max_words: int
    lanes: int
    n_samples: int
    rate: float | None


_PUBLISHED = [[1, 32], [2, 32], [3, 64], [4, 128], [5, 256], [6, 512], [7, 1024]]
SIZES = {
    "tiny": Size(128, 64, [[1, 16], [2, 16], [3, 32], [4, 64]], 1, 10_000, 32, 1024, 3e-3),
    "small": Size(512, 128, _PUBLISHED[:5], 1, 30_000, 64, 2048, 2e-3),
    "medium": Size(2048, 256, _PUBLISHED, 1, 100_000, 128, 8192, 1e-3),
    "original": Size(4096, 512, _PUBLISHED, 2, 800_000, 128, 8192, None),
}


def complete(config: Config) -> Config:
    """Return a config with the defaults for what it leaves out. Raises ValueError for settings that nothing reads."""
    default = Config().from_str(DEFAULT, interpolate=False)
    for section, values in config.items():
        if section not in default and section != "variables":
            raise ValueError(f"[{section}]: unknown section; known are {', '.join(default)}")
        unknown = set(values) - set(default.get(section, values))
        if unknown and section not in ("paths", "model"):
            known = ", ".join(default[section])
            raise ValueError(f"[{section}] {', '.join(sorted(unknown))}: unknown setting; known are {known}")
    return default.merge(config)


def read_config(path: Path, overrides: dict[str, Any]) -> Config:
    """Read a config, not interpolated. overrides: values by their place, as "training.max_steps".

    Raises ValueError for a file that is missing, and for settings that nothing reads."""
    if not path.is_file():
        raise ValueError(f"{path}: no such config file; `init-pretrain-config` writes one")
    merged = complete(Config().from_disk(path, interpolate=False))
    return Config().from_str(merged.to_str(), interpolate=False, overrides=overrides)


def make_config(*, size: str, words: int, lang: str, epochs: int = 10) -> Config:
    """Return a config for a model of a size and an amount of text.

    size: of SIZES. words: in the text, about. lang: its language. epochs: times through it.
    Raises ValueError for a size that is not known and for too little text.
    """
    if size not in SIZES:
        raise ValueError(f"size = {size!r}: must be one of {', '.join(SIZES)}")
    if words < 1 or epochs < 1:
        raise ValueError(f"words = {words}, epochs = {epochs}: must be at least 1")
    chosen = SIZES[size]
    lanes = chosen.lanes
    while lanes > 1 and lanes * 400 > words:  # twenty windows an epoch at least
        lanes //= 2
    steps = max(1, round(words * TOKENS_A_WORD * epochs / (lanes * 20)))
    config = Config().from_str(DEFAULT, interpolate=False)
    config["nlp"]["lang"] = lang
    config["corpus"]["max_words"] = min(chosen.max_words, max(1000, words // 50))
    config["model"] |= {key: getattr(chosen, key) for key in ("hidden_size", "projection_size", "filters", "n_highway")}
    config["training"] |= {"lanes": lanes, "max_steps": steps, "eval_frequency": max(1, min(steps // 20, 2000))}
    config["training"]["softmax"]["n_samples"] = min(chosen.n_samples, config["corpus"]["max_words"] // 2)
    if chosen.rate is not None:
        config["training"]["optimizer"]["learn_rate"] |= {"rate": chosen.rate, "warmup": min(1000, steps // 20)}
    else:
        # bilm-tf's gradients are 20 times ours (loss * unroll steps): clipped at 10 with an accumulator of 1
        rate = {"@schedules": "spacy-elmo.constant.v1", "rate": 0.2}
        optimizer = {"@optimizers": "spacy-elmo.Adagrad.v1", "accumulator": 1 / 400, "learn_rate": rate}
        config["training"] |= {"clip_norm": 0.5, "optimizer": optimizer}
    return config


def differences(before: Config, now: Config) -> list[str]:
    """Return what is not the same in two interpolated configs of one run, and must be."""
    left, right = dict_to_dot(before), dict_to_dot(now)
    names = [name for name in {**left, **right} if left.get(name) != right.get(name)]
    found = [name for name in names if not name.startswith(CHANGEABLE)]
    return [f"{name} is {left.get(name)!r} there, {right.get(name)!r} now" for name in found]
