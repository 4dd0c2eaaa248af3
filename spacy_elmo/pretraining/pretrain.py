"""Pretraining by a spaCy config: how a config becomes a run."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import spacy.util
from thinc.api import Config

from ..formats import Pretrained
from ..models import load_model
from ..util.files import read_words, staged
from .config import ConfigSchema, complete, differences, rename_old_keys
from .corpus.prepare import CorpusSettings, remove_unfinished
from .corpus.vocabulary import MARKERS
from .loggers import Logger, follow
from .loop.checkpoint import list_checkpoints
from .loop.distributed import join
from .loop.run import CHECKPOINTS, CORPUS, Notify, Outcome, run_training
from .loop.settings import OptimizerChoice, RunSettings, SoftmaxChoice, Text
from .loop.trainer import Limits
from .registry import TextReader

CONFIG = "config.cfg"


def pretrain_model(config: Config, output: Path, *, resume: bool = False, notify: Notify = print) -> Outcome:
    """Run what a config says, in all processes that `torchrun` started, or in this one.

    Args:
        config: As `complete` returns it; what it leaves out has its default.
        output: The run's directory.
        resume: Whether to go on with the run that is there, if there is one.
        notify: Called with lines for people.

    Returns:
        How the run ended.

    Raises:
        ValueError: Something cannot be used, or the directory holds another run, which is left as it is.
        OSError: The system refuses to write.
        FloatingPointError: Numbers are no longer finite.
    """
    config = complete(config).interpolate()
    with join() as world:
        notify = notify if world.is_main else _quiet
        settings, logger = make_settings(config, notify=notify)
        if world.is_main:
            _claim(output, config, resume=resume)
        on_step, finish = follow(logger, config) if world.is_main else (_quiet, _nothing)
        try:
            corpus = Path(config["paths"]["corpus"]) if config["paths"]["corpus"] else None
            return run_training(settings, output, world=world, on_step=on_step, notify=notify, corpus=corpus)
        finally:
            finish()
            if world.is_main:
                _release(output)


def make_settings(config: Config, *, notify: Notify = print) -> tuple[RunSettings, Logger]:
    """Return what a config says, and its logger.

    Args:
        config: Complete and interpolated.
        notify: Called with lines for people.

    Raises:
        ValueError: It cannot be done.
    """
    resolved = spacy.util.registry.resolve(config, schema=ConfigSchema)
    paths, system, training = resolved["paths"], resolved["system"], resolved["training"]
    _check_blocks(resolved)
    start = None
    if paths["init"] is not None:
        start = load_model(paths["init"])
        notify(f"goes on from {paths['init']}, with its dimensions{'' if start.head else ', and a new softmax'}")
    settings = RunSettings(
        lang=resolved["nlp"]["lang"],
        text=_make_text(config, resolved, start),
        dimensions=resolved["model"],
        softmax=training["softmax"],
        optimizer=training["optimizer"],
        limits=Limits(
            steps=training["max_steps"],
            epochs=training["max_epochs"],
            words=training["max_words"],
            seconds=training["max_seconds"],
        ),
        start=start,
        start_name=str(paths["init"] or ""),
        batch_size=training["batch_size"],
        unroll_steps=training["unroll_steps"],
        dropout=training["dropout"],
        clip_norm=training["clip_norm"],
        eval_frequency=training["eval_frequency"],
        keep_checkpoints=training["keep_checkpoints"],
        seed=system["seed"],
        threads=system["threads"],
    )
    return settings, training["logger"]


def _check_blocks(resolved: Mapping[str, Any]) -> None:
    """Raise ValueError for a block that builds what pretraining cannot use."""
    for (section, name), (is_right, remedy) in BLOCKS.items():
        found = resolved[section][name] if name else resolved[section]
        if not is_right(found):
            place = f"{section}.{name}" if name else section
            raise ValueError(f"[{place}]: gives {found!r:.60}, which pretraining cannot use; take {remedy}")


def _takes(n: int, function: object) -> bool:
    """Return whether something can be called with so many arguments."""
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(*[None] * n)
    except TypeError:
        return False
    return True


def _is_reader(found: object) -> bool:
    return found is None or _takes(0, found)


_READER = '@misc = "spacy-elmo.Text.v1", or a function without arguments that returns documents'
_OPTIMIZER = '@misc = "spacy-elmo.Adam.v1", AdamW.v1 or Adagrad.v1; Thinc\'s own cannot train a model of torch'
BLOCKS: dict[tuple[str, str], tuple[Callable[[Any], bool], str]] = {
    ("corpus", "train"): (_is_reader, _READER),
    ("corpus", "dev"): (_is_reader, _READER),
    ("model", ""): (partial(_takes, 1), '@misc = "spacy-elmo.CharacterBiLM.v1"'),
    ("training", "softmax"): (lambda found: isinstance(found, SoftmaxChoice), '@misc = "spacy-elmo.SampledSoftmax.v1"'),
    ("training", "optimizer"): (lambda found: isinstance(found, OptimizerChoice), _OPTIMIZER),
    ("training", "logger"): (partial(_takes, 3), '@loggers = "spacy-elmo.PretrainLogger.v1"'),
}


def _make_text(config: Config, resolved: Mapping[str, Any], start: Pretrained | None) -> Text:
    corpus, vocab = resolved["corpus"], resolved["paths"]["vocab"]
    train, dev = corpus["train"], corpus["dev"]
    if train is None:
        raise ValueError("paths.train = null: name the text, a file or a directory, as in --paths.train text")
    words = None
    if vocab is not None:
        words = (*MARKERS, *(word for word in read_words(Path(vocab)) if word not in MARKERS))
    elif start is not None and start.head is not None and corpus["keep_vocabulary"]:
        words = start.head.words
    sources: dict[str, Any] = {}
    for name, reader in (("train", train), ("dev", dev)):
        is_own = isinstance(reader, TextReader)
        sources[name] = reader.describe() if is_own else [config["corpus"][name]] if reader else []
        sources[f"{name} language"] = reader.lang if is_own else None
    settings = CorpusSettings(
        sources=sources,
        max_words=corpus["max_words"],
        min_count=corpus["min_count"],
        vocabulary=words,
        dev_size=corpus["dev_size"],
        seed=resolved["system"]["seed"],
    )
    return Text(train, dev, settings)


def _claim(output: Path, config: Config, *, resume: bool) -> None:
    """Make the directory of a run, with its config. Before there is a checkpoint, nothing in it is worth keeping but
    the text it prepared."""
    names = set(os.listdir(output)) if output.is_dir() else set()
    if output.exists() and not output.is_dir():
        raise ValueError(f"{output}: is a file; name a directory")
    has_run = bool(list_checkpoints(output / CHECKPOINTS))
    if resume and has_run:
        before, _ = rename_old_keys(Config().from_disk(output / CONFIG))
        changed = differences(before, config)
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
    """The other processes leave speaking to the main one."""


def _nothing() -> None:
    """The other processes have no logger to close."""
