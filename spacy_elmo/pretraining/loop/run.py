"""A run from a recipe to a trained model.

    OUTPUT/  corpus/  checkpoints/step-N/  model-last/  model-best/  loss.png
"""

from __future__ import annotations

import signal
import threading
import warnings
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

import torch

from ...bilm import BiLM
from ...formats import Head, model_directory
from ...formats.pretrained import model_words
from ..corpus.prepare import Prepared, prepare
from ..corpus.windows import Windows
from ..network.head import change_vocabulary
from ..network.objective import Objective
from .checkpoint import latest_checkpoint, list_checkpoints, read_checkpoint
from .distributed import LostProcessError, World
from .memory import available_bytes, check_memory, model_bytes
from .optimizer import Optimizer
from .perplexity import evaluation_windows
from .plot import draw_curve
from .settings import Recipe, Text
from .trainer import Progress, Trainer, below, train

CORPUS, CHECKPOINTS, CURVE = "corpus", "checkpoints", "loss.png"
LAST, BEST = "model-last", "model-best"

Say = Callable[[str], None]


class Outcome(NamedTuple):
    """How a run ended. finished: False where it was interrupted. new_steps: taken now. is_first: of the processes."""

    finished: bool
    step: int
    new_steps: int
    is_first: bool


def run(
    recipe: Recipe,
    output: Path,
    *,
    world: World,
    on_step: Callable[[Progress], None],
    say: Say,
    corpus: Path | None = None,
) -> Outcome:
    """Prepare the text, train, and write the models. Goes on from the newest checkpoint, if there is one.

    output: the run's directory.
    world: the processes of the run.
    on_step: called after each step. say: called with lines for people. Both only in the first process.
    corpus: where the text is prepared, or has been; OUTPUT/corpus if None.
    Raises CorpusError, WeightsError, ValueError, OSError and FloatingPointError with what to do; the checkpoints stay
    usable.
    """
    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)
    prepared = _prepare(recipe.text, corpus or output / CORPUS, recipe.seed, world, say)
    trainer = make_trainer(recipe, prepared, world=world, say=say)
    folder, first_step = output / CHECKPOINTS, 0
    checkpoint = latest_checkpoint(folder)
    if checkpoint is not None:
        trainer.load(checkpoint)
        first_step = trainer.step
        say(f"goes on after step {first_step}")
    with _explaining(folder), _interruptible() as interrupted:
        settings: dict[str, Any] = {"eval_frequency": recipe.eval_frequency, "keep": recipe.keep_checkpoints}
        for progress in train(trainer, recipe.limits, folder, interrupted=interrupted, **settings):
            if world.is_first:
                on_step(progress)
    finished = trainer.done(recipe.limits) >= 1
    if world.is_first and trainer.step:
        _write_models(recipe, trainer, prepared, output)
        draw_curve(trainer.history, output / CURVE)
    return Outcome(finished, trainer.step, trainer.step - first_step, world.is_first)


def make_trainer(recipe: Recipe, prepared: Prepared, *, world: World, say: Say) -> Trainer:
    """Return a run at its start, in memory. Raises ValueError where it would not fit there."""
    vocabulary = prepared.vocabulary
    counts = vocabulary.counts.tolist()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        model = _make_model(recipe, vocabulary.words)
        say(_check_memory(recipe, model, len(counts), world))
        head = _start_head(recipe, vocabulary.words, counts)
        softmax = recipe.softmax.make(counts, model.config.projection_size, head, sparse=world.size == 1)
    objective = Objective(model, softmax, dropout=recipe.dropout, seed=recipe.seed)
    choice = recipe.optimizer
    optimizer = Optimizer(objective, make=choice.make, learn_rate=choice.learn_rate, clip_norm=recipe.clip_norm)
    sizes: dict[str, int] = {"lanes": recipe.lanes, "steps": recipe.steps, "rank": world.rank, "world": world.size}
    windows = Windows(prepared.train, seed=recipe.seed, **sizes)
    heldout = evaluation_windows(prepared.heldout or prepared.train, **sizes)
    leaves_out = recipe.softmax.kind == "adaptive"  # its rarer clusters, where none of their words comes up
    return Trainer(objective, optimizer, windows, heldout, world=world, seed=recipe.seed, leaves_out=leaves_out)


def _prepare(text: Text, folder: Path, seed: int, world: World, say: Say) -> Prepared:
    heldout = text.heldout if isinstance(text.heldout, (int, float)) else text.heldout()
    with world.first_goes_first(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        prepared = prepare(
            text.train(),
            folder,
            sources=text.sources,
            max_words=text.max_words,
            min_count=text.min_count,
            vocabulary=text.vocabulary,
            heldout=heldout,
            seed=seed,
        )
    for warning in caught:
        say(str(warning.message))
    train, words = prepared.train, len(prepared.vocabulary)
    say(f"text: {train.n_words:,} words in {train.n_documents:,} documents, vocabulary of {words:,}")
    if prepared.heldout is None:
        say("no text is held out: perplexities are those of the training text")
    else:
        say(f"held out: {prepared.heldout.n_words:,} words in {prepared.heldout.n_documents:,} documents")
    return prepared


def _make_model(recipe: Recipe, words: tuple[str, ...]) -> BiLM:
    start = recipe.start
    if start is None:
        return BiLM(recipe.dimensions(words), words=words)
    model = BiLM(start.model.config, words=model_words(start.model))  # its own memory: the start may be mapped
    model.load_state_dict(start.model.state_dict())
    return model


def _start_head(recipe: Recipe, words: tuple[str, ...], counts: list[int]) -> Head | None:
    head = recipe.start.head if recipe.start is not None else None
    return head if head is None or head.words == words else change_vocabulary(head, words, counts)


def _check_memory(recipe: Recipe, model: BiLM, n_words: int, world: World) -> str:
    rows, slots, config = recipe.lanes * recipe.steps // world.size, recipe.optimizer.slots, model.config
    n_parameters = sum(parameter.numel() for parameter in model.parameters())
    needed = {
        f"model of {n_parameters:,} parameters": model_bytes(config, n_parameters, rows=rows, slots=slots),
        f"{recipe.softmax.kind} softmax over {n_words:,} words": recipe.softmax.bytes_needed(
            n_words, config.projection_size, rows=rows, slots=slots
        ),
    }
    return check_memory(needed, available_bytes())


def _write_models(recipe: Recipe, trainer: Trainer, prepared: Prepared, output: Path) -> None:
    """Write the model as it is, and as it was when it was best, with their softmax where that is a matrix."""
    objective, words = trainer.objective, prepared.vocabulary.words
    now = {"step": trainer.step, "words": trainer.words, "seconds": trainer.seconds}
    evaluated = trainer.history[-1] if trainer.history and trainer.history[-1]["step"] == trainer.step else {}
    meta = _describe(recipe, prepared, {**now, **evaluated})
    model_directory.write(output / LAST, objective.model, meta, head=objective.softmax.head(words))
    if trainer.best is not None:
        best = Objective(deepcopy(objective.model), deepcopy(objective.softmax))
        best.load_state_dict(below("objective/", read_checkpoint(output / CHECKPOINTS, trainer.best["step"]).tensors))
        meta = _describe(recipe, prepared, trainer.best)
        model_directory.write(output / BEST, best.model, meta, head=best.softmax.head(words))


def _describe(recipe: Recipe, prepared: Prepared, note: dict[str, Any]) -> dict[str, Any]:
    """RETURNS: meta.json. A licence is that of the weights it goes on from; of new ones only their author knows."""
    start = recipe.start
    meta = {key: start.meta[key] for key in _INHERITED if key in start.meta} if start else {}
    meta |= {"lang": recipe.lang, "steps": note["step"], "words": note["words"], "seconds": round(note["seconds"], 1)}
    if start is not None:
        meta["continues"] = start.name
    meta["training_data"] = [*_as_list(meta.get("training_data")), *_as_list(recipe.text.sources.get("train"))]
    if "perplexity" in note:
        figures = {"forward": note["forward"], "backward": note["backward"], "mean": note["perplexity"]}
        meta["perplexity"] = {key: round(figure, 2) for key, figure in figures.items()}
        text = "training text" if prepared.heldout is None else f"held-out text of {prepared.heldout.n_words:,} words"
        meta["evaluation"] = f"{text}, softmax over all {len(prepared.vocabulary):,} words, <UNK> included"
    return meta


_INHERITED = ("license", "license_text", "training_data", "source", "author")


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Note signals to stop instead of dying of them, so that the step at hand is finished and saved. A second one does
    what it always does. Outside of the main thread, where Python has no signals, none are noted."""
    caught: list[int] = []
    before: dict[int, Any] = {}

    def note(number: int, _: Any) -> None:
        caught.append(number)
        signal.signal(number, before[number])

    is_main = threading.current_thread() is threading.main_thread()
    for kind in (signal.SIGINT, signal.SIGTERM) if is_main else ():
        before[kind] = signal.signal(kind, note)
    try:
        yield lambda: bool(caught)
    except LostProcessError:
        before[signal.SIGTERM] = signal.SIG_IGN  # torchrun ends the others at once: this one has to say why first
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _explaining(folder: Path) -> Iterator[None]:
    """Add to what ends a run where it can go on."""
    try:
        yield
    except (LostProcessError, FloatingPointError) as error:
        steps = list_checkpoints(folder)
        where = f"{folder} has a checkpoint of step {steps[-1]}" if steps else f"{folder} has no checkpoint yet"
        raise type(error)(f"{error}; {where}") from error
