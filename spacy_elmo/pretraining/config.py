"""Configs of pretraining: defaults, sizes, and which settings may change in the middle of a run."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any, NamedTuple

from spacy.util import dict_to_dot
from thinc.api import Config, ConfigValidationError

from ..text.tokenize import check_language

DEFAULT = """
[paths]
train = null
dev = null
vocab = null
init = null
corpus = null

[system]
seed = 0
threads = null

[nlp]
lang = "en"
tokenizer = null

[corpus]
lines = "paragraphs"
dev_size = 0.01
max_words = 30000
min_count = 2
keep_vocabulary = true

[corpus.train]
@misc = "spacy-elmo.Text.v1"
paths = ${paths.train}
lang = ${nlp.lang}
tokenizer = ${nlp.tokenizer}
lines = ${corpus.lines}
n_process = null
weights = null

[corpus.dev]
@misc = "spacy-elmo.Text.v1"
paths = ${paths.dev}
lang = ${nlp.lang}
tokenizer = ${nlp.tokenizer}
lines = ${corpus.lines}
n_process = null

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
batch_size = 64
unroll_steps = 20
dropout = 0.1
clip_norm = 1.0
precision = "float32"
frozen = false
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
@misc = "spacy-elmo.Adam.v1"
beta1 = 0.9
beta2 = 0.99
use_averages = false
average_decay = 0.999

[training.optimizer.learn_rate]
@schedules = "spacy-elmo.cosine.v1"
rate = 0.002
warmup = 100
total = ${training.max_steps}

[training.logger]
@loggers = "spacy-elmo.PretrainLogger.v1"
"""
TOTAL = "training.optimizer.learn_rate.total"  # by default it follows max_steps
# May be others when a run goes on; text and a tokenizer that moved are known by their digests
CHANGEABLE = (
    *("training.max_", "training.eval_frequency", "training.keep_checkpoints", "training.logger", "system.threads"),
    *("corpus.train.paths", "corpus.train.n_process", "corpus.dev.paths", "corpus.dev.n_process"),
    *("paths.train", "paths.dev", "paths.corpus"),
    *("nlp.tokenizer", "corpus.train.tokenizer", "corpus.dev.tokenizer"),
    TOTAL,
)
TOKENS_A_WORD = 1.1  # with the markers of sentences
# What earlier versions wrote: section, key, key now. References to registries only where they are to a name of ours
RENAMED = (
    ("paths", "heldout", "dev"),
    ("corpus", "heldout", "dev"),
    ("corpus", "heldout_share", "dev_size"),
    ("corpus.train", "@readers", "@misc"),
    ("corpus.dev", "@readers", "@misc"),
    ("training", "lanes", "batch_size"),
    ("training", "steps", "unroll_steps"),
    ("training.optimizer", "@optimizers", "@misc"),
)


class Size(NamedTuple):
    """Dimensions of a model, and what its training needs.

    Attributes:
        hidden_size: Cells of an LSTM.
        projection_size: Numbers that an LSTM puts out.
        filters: Pairs of a width in characters and a number of filters.
        n_highway: Number of highway layers.
        max_words: Size of the vocabulary at most.
        batch_size: Lanes of a batch.
        n_samples: Negatives of the sampled softmax.
        rate: Highest learning rate of Adam. None for bilm-tf's Adagrad.
    """

    hidden_size: int
    projection_size: int
    filters: list[list[int]]
    n_highway: int
    max_words: int
    batch_size: int
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
    if "components" in config:
        remedy = "`python -m spacy elmo init-pretrain-config` writes one to train a language model on text"
        raise ValueError(f"[components]: this is a config of `spacy train`, for a pipeline; {remedy}")
    _, renamed = rename_old_keys(config)
    if renamed:
        raise ValueError(f"settings of an earlier version: {'; '.join(renamed)}; rename them")
    default = Config().from_str(DEFAULT, interpolate=False)
    for section, values in config.items():
        if section not in default and section != "variables":
            raise ValueError(f"[{section}]: unknown section; known are {', '.join(default)}")
        unknown = set(values) - set(default.get(section, values))
        if unknown and section not in ("paths", "model"):
            known = ", ".join(default[section])
            raise ValueError(f"[{section}] {', '.join(sorted(unknown))}: unknown setting; known are {known}")
    return default.merge(config)


def read_run_config(path: Path) -> Config:
    """Return the whole config of a run of any version, interpolated. Raises ValueError where it cannot be read."""
    config, _ = rename_old_keys(load_config(path))
    return Config().from_str(DEFAULT, interpolate=False).merge(config).interpolate()


def rename_old_keys(config: Config) -> tuple[Config, list[str]]:
    """Return a config with the keys of today in place of those of earlier versions, and a line on each of them."""
    config, lines = config.copy(), []
    for path, old, new in RENAMED:
        section: Any = config
        for key in path.split("."):
            section = section.get(key) if isinstance(section, dict) else None
        if not isinstance(section, dict) or old not in section:
            continue
        if old[0] != "@" or str(section[old]).startswith("spacy-elmo."):
            lines.append(f"[{path}] {old} is {new} now")
            section[new] = section.pop(old)
    return config, lines


def load_config(path: Path) -> Config:
    """Return what a config file says, not interpolated. Raises ValueError where it cannot be read."""
    if not path.is_file():
        raise ValueError(f"{path}: no such config file; `init-pretrain-config` writes one")
    try:
        return Config().from_str(path.read_text(encoding="utf8"), interpolate=False)
    except (configparser.Error, ConfigValidationError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path}: not a config file ({reason}); correct it, or write another") from error


def read_config(path: Path, overrides: dict[str, Any]) -> Config:
    """Read a config, not interpolated.

    Args:
        path: The file.
        overrides: Values by their place, as "training.max_steps".

    Raises:
        ValueError: The file is missing, or has settings that nothing reads.
    """
    config = load_config(path)
    try:
        merged = complete(config)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return Config().from_str(merged.to_str(), interpolate=False, overrides=overrides)


def make_config(*, size: str, words: int, lang: str, epochs: int = 10, tokenizer: str | None = None) -> Config:
    """Return a config for a model of a size and an amount of text.

    Args:
        size: One of SIZES.
        words: In the text, about.
        lang: Code of its language.
        epochs: Times through it.
        tokenizer: A pipeline whose tokenizer splits the text; None for that of the language.

    Raises:
        ValueError: The size is not known, there is too little text, or spaCy cannot split text of the language.
    """
    if size not in SIZES:
        raise ValueError(f"size = {size!r}: must be one of {', '.join(SIZES)}")
    if words < 1 or epochs < 1:
        raise ValueError(f"words = {words}, epochs = {epochs}: must be at least 1")
    check_language(lang, tokenizer)
    chosen = SIZES[size]
    config = Config().from_str(DEFAULT, interpolate=False)
    training, unroll_steps = config["training"], config["training"]["unroll_steps"]
    batch_size = chosen.batch_size
    while batch_size > 1 and batch_size * unroll_steps * 20 > words:  # twenty windows an epoch at least
        batch_size //= 2
    steps = max(1, round(words * TOKENS_A_WORD * epochs / (batch_size * unroll_steps)))
    config["nlp"] |= {"lang": lang, "tokenizer": tokenizer}
    config["corpus"]["max_words"] = min(chosen.max_words, max(1000, words // 50))
    config["model"] |= {
        "hidden_size": chosen.hidden_size,
        "projection_size": chosen.projection_size,
        "filters": chosen.filters,
        "n_highway": chosen.n_highway,
    }
    training |= {"batch_size": batch_size, "max_steps": steps, "eval_frequency": max(1, min(steps // 20, 2000))}
    training["softmax"]["n_samples"] = min(chosen.n_samples, config["corpus"]["max_words"] // 2)
    if chosen.rate is not None:
        training["optimizer"]["learn_rate"] |= {"rate": chosen.rate, "warmup": min(1000, steps // 20)}
    else:
        # bilm-tf's gradients are 20 times ours (loss * unroll steps): clipped at 10 with an accumulator of 1
        optimizer = {"@misc": "spacy-elmo.Adagrad.v1", "accumulator": 1 / 400, "learn_rate": 0.2}
        training |= {"clip_norm": 0.5, "optimizer": optimizer}
    return config


def differences(before: Config, now: Config) -> list[str]:
    """Return what is not the same in two interpolated configs of one run, and must be."""
    left, right = dict_to_dot(before), dict_to_dot(now)
    names = [name for name in {**left, **right} if left.get(name) != right.get(name)]
    found = [name for name in names if not name.startswith(CHANGEABLE)]
    return [f"{name}: was {left.get(name)!r}, now {right.get(name)!r}" for name in found]
