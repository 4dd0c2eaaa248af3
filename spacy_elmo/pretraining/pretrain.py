"""Pretraining by a spaCy config: what its blocks build, and how a config becomes a run."""

# No `from __future__ import annotations` here: spaCy checks settings by the annotations of registered functions

import os
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator, Optional, Union

import spacy.util
import torch
from thinc.api import Config

from ..bilm import BiLMConfig, CharacterInput, WordInput
from ..models.load import load_model
from ..text.readers import describe_files
from ..text.tokenize import find_text, tokenize_files
from ..util.files import read_words, staged
from .config import complete, differences
from .corpus.prepare import remove_unfinished
from .corpus.shards import Document
from .corpus.vocabulary import MARKERS
from .loggers import Logger, follow
from .loop.checkpoint import list_checkpoints
from .loop.distributed import join
from .loop.optimizer import Schedule, constant, cosine, inverse_sqrt, linear
from .loop.run import CHECKPOINTS, CORPUS, Outcome, Say, run
from .loop.settings import OptimizerChoice, Recipe, SoftmaxChoice, Start, Text
from .loop.trainer import Limits

CONFIG = "config.cfg"

Words = tuple[str, ...]


class TextReader:
    """Reads documents from files; see `tokenize_files`."""

    def __init__(self, paths: list[str], lang: str, n_process: int):
        self.paths, self.lang, self.n_process = paths, lang, n_process

    def __call__(self) -> Iterator[Document]:
        return tokenize_files(self.paths, lang=self.lang, n_process=self.n_process)

    def describe(self) -> list[dict[str, Any]]:
        """Return facts by which a change of the text shows. Raises CorpusError for paths that are not there."""
        return describe_files(file for path in self.paths for file in find_text(path))


def make_reader(
    paths: Optional[Union[str, list[str]]] = None, lang: str = "en", n_process: int = 1
) -> Optional[TextReader]:
    """paths: a file or directory of text (.txt, .gz, .jsonl, .spacy), several of them, or null for none.
    lang: the language whose tokenizer to use. n_process: processes that tokenize."""
    if not paths:
        return None
    return TextReader([paths] if isinstance(paths, str) else paths, lang, n_process)


def character_bilm(
    hidden_size: int,
    projection_size: int,
    filters: list[list[int]],
    embedding_size: int = 16,
    n_highway: int = 1,
    activation: str = "relu",
    max_characters: int = 50,
    n_layers: int = 2,
    cell_clip: Optional[float] = 3.0,
    projection_clip: Optional[float] = 3.0,
    skip_connections: bool = True,
) -> Callable[[Words], BiLMConfig]:
    """A model that reads words by their characters; settings as of `BiLMConfig` and `CharacterInput`."""
    pairs = tuple((width, n) for width, n in filters)
    given = CharacterInput(embedding_size, pairs, n_highway, activation, max_characters)
    numbers = (hidden_size, projection_size, n_layers, cell_clip, projection_clip, skip_connections)
    config = BiLMConfig(given, *numbers)
    return lambda words: config


def word_bilm(
    hidden_size: int,
    projection_size: int,
    n_layers: int = 2,
    cell_clip: Optional[float] = 3.0,
    projection_clip: Optional[float] = 3.0,
    skip_connections: bool = True,
) -> Callable[[Words], BiLMConfig]:
    """A model with a table of the words of the vocabulary; settings as of `BiLMConfig`."""
    numbers = (hidden_size, projection_size, n_layers, cell_clip, projection_clip, skip_connections)
    return lambda words: BiLMConfig(WordInput(len(words)), *numbers)


def full_softmax() -> SoftmaxChoice:
    return SoftmaxChoice("full")


def sampled_softmax(n_samples: int = 8192) -> SoftmaxChoice:
    return SoftmaxChoice("sampled", n_samples=n_samples)


def adaptive_softmax(cutoffs: Optional[list[int]] = None, div_value: float = 4.0) -> SoftmaxChoice:
    return SoftmaxChoice("adaptive", cutoffs=cutoffs, div_value=div_value)


def adam(
    learn_rate: Union[float, Callable], beta1: float = 0.9, beta2: float = 0.99, eps: float = 1e-8
) -> OptimizerChoice:
    make = partial(torch.optim.Adam, betas=(beta1, beta2), eps=eps)
    return OptimizerChoice(make, _schedule(learn_rate), slots=2)


def adamw(
    learn_rate: Union[float, Callable],
    beta1: float = 0.9,
    beta2: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> OptimizerChoice:
    make = partial(torch.optim.AdamW, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)
    return OptimizerChoice(make, _schedule(learn_rate), slots=2)


def adagrad(learn_rate: Union[float, Callable], accumulator: float = 1.0, eps: float = 1e-10) -> OptimizerChoice:
    make = partial(torch.optim.Adagrad, initial_accumulator_value=accumulator, eps=eps)
    return OptimizerChoice(make, _schedule(learn_rate), slots=1)


def constant_rate(rate: float, warmup: int = 0) -> Schedule:
    return constant(rate, warmup=warmup)


def linear_rate(rate: float, total: int, warmup: int = 0) -> Schedule:
    return linear(rate, warmup=warmup, total=total)


def cosine_rate(rate: float, total: int, warmup: int = 0) -> Schedule:
    return cosine(rate, warmup=warmup, total=total)


def inverse_sqrt_rate(rate: float, warmup: int) -> Schedule:
    return inverse_sqrt(rate, warmup=warmup)


def _schedule(learn_rate: Union[float, Callable]) -> Schedule:
    return learn_rate if callable(learn_rate) else constant(learn_rate)


def pretrain(config: Config, output: Path, *, resume: bool = False, say: Say = print) -> Outcome:
    """Run what a config says, in all processes that `torchrun` started, or in this one.

    config: as `complete` returns it; what it leaves out has its default.
    output: the run's directory. resume: go on with the run that is there, if there is one.
    say: called with lines for people.
    Raises ValueError, OSError and FloatingPointError with what to do; another run in the directory is an error, and
    left as it is.
    """
    config = complete(config).interpolate()
    with join() as world:
        say = say if world.is_first else _quiet
        recipe, logger = make_recipe(config, say=say)
        if world.is_first:
            _claim(output, config, resume=resume)
        on_step, finish = follow(logger, config) if world.is_first else (_quiet, _nothing)
        try:
            corpus = Path(config["paths"]["corpus"]) if config["paths"]["corpus"] else None
            return run(recipe, output, world=world, on_step=on_step, say=say, corpus=corpus)
        finally:
            finish()
            if world.is_first:
                _release(output)


def make_recipe(config: Config, *, say: Say = print) -> tuple[Recipe, Logger]:
    """Return what a complete, interpolated config says, and its logger. Raises ValueError where it cannot be done."""
    resolved = spacy.util.registry.resolve(config)
    paths, system, training = resolved["paths"], resolved["system"], dict(resolved["training"])
    logger = training.pop("logger")
    limits = Limits(**{key: training.pop(f"max_{key}") for key in ("steps", "epochs", "words", "seconds")})
    start = None
    if paths["init"] is not None:
        start = Start(str(paths["init"]), *load_model(paths["init"]))
        say(f"goes on from {start.name}, with its dimensions{'' if start.head else ', and a new softmax'}")
    recipe = Recipe(
        lang=resolved["nlp"]["lang"],
        text=_make_text(config, resolved, start),
        dimensions=resolved["model"],
        limits=limits,
        start=start,
        seed=system["seed"],
        threads=system["threads"],
        **training,
    )
    return recipe, logger


def _make_text(config: Config, resolved: dict[str, Any], start: Optional[Start]) -> Text:
    corpus, vocab = resolved["corpus"], resolved["paths"]["vocab"]
    train, heldout = corpus["train"], corpus["heldout"]
    if train is None:
        raise ValueError("paths.train = null: name the text, a file or a directory, as in --paths.train text")
    words = None
    if vocab is not None:
        words = (*MARKERS, *(word for word in read_words(Path(vocab)) if word not in MARKERS))
    elif start is not None and start.head is not None and corpus["keep_vocabulary"]:
        words = start.head.words
    sources: dict[str, Any] = {}
    for name, reader in (("train", train), ("heldout", heldout)):
        is_own = isinstance(reader, TextReader)
        sources[name] = reader.describe() if is_own else [config["corpus"][name]] if reader else []
        sources[f"{name} language"] = reader.lang if is_own else None
    share = corpus["heldout_share"]
    return Text(train, share if heldout is None else heldout, sources, corpus["max_words"], corpus["min_count"], words)


def _claim(output: Path, config: Config, *, resume: bool) -> None:
    """Make the directory of a run, with its config. Before there is a checkpoint, nothing in it is worth keeping but
    the text it prepared."""
    names = set(os.listdir(output)) if output.is_dir() else set()
    if output.exists() and not output.is_dir():
        raise ValueError(f"{output}: is a file; name a directory")
    has_run = bool(list_checkpoints(output / CHECKPOINTS))
    if resume and has_run:
        changed = differences(Config().from_disk(output / CONFIG), config)
        if changed:
            remedy = "go on with the config of the run, or start another with --init"
            raise ValueError(f"{output / CONFIG}: the run there is another: {'; '.join(changed)}; {remedy}")
    elif has_run or {name for name in names if name[0] != "."} - {CONFIG, CORPUS, CHECKPOINTS}:
        what = "holds another run" if has_run else "is not empty"
        raise ValueError(f"{output}: {what}; choose another directory, or go on with that run by --resume")
    remove_unfinished(output / CORPUS)
    with staged(output, [CONFIG]) as stage:
        config.to_disk(stage / CONFIG)


def _release(output: Path) -> None:
    """Leave nothing where a run failed before it had prepared its text."""
    if os.listdir(output) == [CONFIG]:
        (output / CONFIG).unlink()
        output.rmdir()


def _quiet(_: object) -> None:
    """The other processes leave speaking to the first."""


def _nothing() -> None:
    """The other processes have no logger to close."""
