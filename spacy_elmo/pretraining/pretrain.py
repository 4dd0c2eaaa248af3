"""Pretraining by a spaCy config: how a config becomes a run."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import spacy.util
import torch
from spacy.util import dict_to_dot
from thinc.api import Config

from ..formats import Pretrained
from ..models import load_model
from ..text.hints import find_hint
from ..util.lock import claimed
from ..util.staging import staged
from ..util.threads import CPU
from .config import TOTAL, complete, differences, read_run_config
from .corpus.manifest import MANIFEST
from .corpus.prepare import CorpusSettings
from .corpus.vocabulary import read_vocabulary
from .loggers import Logger, follow
from .loop.checkpoint import has_checkpoints
from .loop.distributed import join
from .loop.limits import Limits
from .loop.run import CHECKPOINTS, CORPUS, Notify, Outcome, run_training
from .loop.settings import OptimizerChoice, RunSettings, SoftmaxChoice, Text
from .network.products import is_slow
from .reader import TextReader
from .schema import ConfigSchema

CONFIG, LOCK = "config.cfg", ".lock"


def pretrain_model(
    config: Config, output: Path, *, resume: bool = False, device: torch.device = CPU, notify: Notify = print
) -> Outcome:
    """Run what a config says, in all processes that `torchrun` started, or in this one.

    Args:
        config: As `complete` returns it; what it leaves out has its default.
        output: The run's directory.
        resume: Whether to go on with the run that is there, if there is one.
        device: Where this process trains. A run may go on on another.
        notify: Called with lines for people.

    Returns:
        How the run ended.

    Raises:
        ValueError: Something cannot be used, or the directory holds another run, which is left as it is.
        LockedError: Another process is training there, or preparing its text.
        OSError: The system refuses to write.
        FloatingPointError: Numbers are no longer finite.
    """
    config = complete(config).interpolate()
    with join(device) as world:
        notify = notify if world.is_main else _quiet
        if device.type != "cpu":
            notify(f"trains on {device}")
        settings, logger = make_settings(config, notify=notify)
        if is_slow(settings.precision, device):
            problem = f"precision = {settings.precision}: this device has no such products, so it trains slower than"
            notify(f"Warning: [training] {problem} in float32")
        if world.is_main and not resume and (hint := _find_hint(settings.text.train)):
            notify(hint)
        with _claimed(output, config, resume=resume, notify=notify) if world.is_main else nullcontext():
            on_step, finish = follow(logger, config) if world.is_main else (_quiet, _nothing)
            try:
                return run_training(
                    settings,
                    output,
                    world=world,
                    on_start=partial(_write_config, output, config),
                    on_step=on_step,
                    notify=notify,
                    corpus=Path(config["paths"]["corpus"]) if config["paths"]["corpus"] else None,
                )
            finally:
                finish()


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
        new = "" if start.head else ", and a new softmax"
        frozen = "; only the softmax is trained" if training["frozen"] else ""
        notify(f"goes on from {paths['init']}, with its dimensions{new}{frozen}")
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
        precision=training["precision"],
        frozen=training["frozen"],
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
_OPTIMIZER = '@misc = "spacy-elmo.Adam.v1", AdamW.v1, SOAP.v1 or Adagrad.v1; Thinc\'s own cannot train a model of torch'
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
        words = read_vocabulary(Path(vocab))
    elif start is not None and start.head is not None and corpus["keep_vocabulary"]:
        words = start.head.words
    sources: dict[str, Any] = {}
    for name, reader in (("train", train), ("dev", dev)):
        is_own = isinstance(reader, TextReader)
        sources[name] = reader.describe() if is_own else [config["corpus"][name]] if reader else []
        sources[f"{name} language"] = reader.lang if is_own else None
        if is_own and reader.lines != "paragraphs":  # as all were that were prepared before there was a choice
            sources[f"{name} lines"] = reader.lines
        if is_own and (tokenizer := reader.describe_tokenizer()):
            sources[f"{name} tokenizer"] = tokenizer
        if is_own and reader.weights:
            if name == "dev":
                raise ValueError("[corpus.dev] weights: held-out text is read as it is; set those of [corpus.train]")
            sources[f"{name} weights"] = reader.file_weights()
    settings = CorpusSettings(
        sources=sources,
        max_words=corpus["max_words"],
        min_count=corpus["min_count"],
        vocabulary=words,
        dev_size=corpus["dev_size"],
        seed=resolved["system"]["seed"],
    )
    return Text(train, dev, settings)


def _find_hint(reader: object) -> str:
    if isinstance(reader, TextReader) and reader.lines == "paragraphs":
        return find_hint(reader.files(), "--corpus.lines")
    return ""


def describe_kept(output: Path) -> str:
    """Return what is left of a run that was interrupted while it did not train, and how to go on."""
    if has_checkpoints(output / CHECKPOINTS):
        return f"the checkpoints in {output} are whole; --resume goes on from the last"
    if (output / CORPUS / MANIFEST).exists():
        return f"no checkpoint was written; the prepared text in {output / CORPUS} is kept for the same command"
    return "the text was not prepared, and nothing of it is kept; the same command starts anew"


@contextmanager
def _claimed(output: Path, config: Config, *, resume: bool, notify: Notify) -> Iterator[None]:
    """Hold the directory of a run, made if it is missing, against other processes. It is gone again where it is empty
    after an error."""
    if output.exists() and not output.is_dir():
        raise ValueError(f"{output}: is a file; name a directory")
    with claimed(output / LOCK, named=output, doing=f"is training in {output}"):
        _check_run(output, config, resume=resume, notify=notify)
        yield


def _check_run(output: Path, config: Config, *, resume: bool, notify: Notify) -> None:
    """Raise ValueError where a directory holds what this run would spoil. Before there is a checkpoint, nothing in it
    is worth keeping but the text it prepared."""
    names = set(os.listdir(output))
    has_run = has_checkpoints(output / CHECKPOINTS)
    if resume and has_run:
        before = read_run_config(output / CONFIG)
        changed = differences(before, config)
        if changed:
            remedy = "go on with the config of the run, or start another with --init"
            raise ValueError(f"{output / CONFIG}: the run there is another: {'; '.join(changed)}; {remedy}")
        was, now = (dict_to_dot(values).get(TOTAL) for values in (before, config))
        if was != now:
            notify(f"the schedule of the learning rate is of {now} steps from here on; it was of {was}")
    elif has_run or {name for name in names if name[0] != "."} - {CONFIG, CORPUS, CHECKPOINTS}:
        what = "holds another run" if has_run else "is not empty"
        raise ValueError(f"{output}: {what}; choose another directory, or go on with that run by --resume")


def _write_config(output: Path, config: Config) -> None:
    with staged(output, [CONFIG]) as stage:
        config.to_disk(stage / CONFIG)


def _quiet(_: object) -> None:
    """The other processes leave speaking to the main one."""


def _nothing() -> None:
    """The other processes have no logger to close."""
