"""A run from its settings to a trained model.

    OUTPUT/  corpus/  checkpoints/step-N/  model-last/  model-best/  loss.png
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import torch

from ...bilm import BiLM
from ...formats import model_directory
from ...formats.pretrained import model_characters, model_words
from ...text.readers import CorpusError
from ...util.files import WeightsError, read_json
from ..corpus.prepare import Prepared, describe_prepared, prepare_corpus
from ..corpus.windows import Windows
from ..network.objective import Objective
from .checkpoint import latest_checkpoint, list_checkpoints, read_checkpoint, remove_unfinished
from .distributed import LostProcessError, World, interruptible
from .memory import check_memory, fitting, free_bytes, model_bytes, program_bytes
from .perplexity import evaluation_windows
from .plot import plot_history
from .settings import RunSettings, Text
from .trainer import Progress, Trainer, evaluated_weights, train
from .verify import check_state

CORPUS, CHECKPOINTS, PLOT = "corpus", "checkpoints", "loss.png"
LAST, BEST = "model-last", "model-best"

Notify: TypeAlias = Callable[[str], None]  # called with lines for people


class Outcome(NamedTuple):
    """How a run ended.

    Attributes:
        finished: False where it was interrupted.
        step: Number of steps taken in all.
        new_steps: Number of steps taken now.
        is_main: Whether this process is the one that writes and speaks.
        signal: Number of the signal that interrupted it; None where none did, or where it came to another process.
    """

    finished: bool
    step: int
    new_steps: int
    is_main: bool
    signal: int | None = None


def run_training(
    settings: RunSettings,
    output: Path,
    *,
    world: World,
    on_step: Callable[[Progress], None],
    notify: Notify,
    corpus: Path | None = None,
    on_start: Callable[[], None] = lambda: None,
) -> Outcome:
    """Prepare the text, train, and write the models. Goes on from the newest checkpoint, if there is one.

    No other process may write to the directory meanwhile.

    Args:
        settings: The run.
        output: Its directory.
        world: Its processes.
        on_step: Called after each step, in the main process only.
        notify: Called with lines for people, in every process.
        corpus: Where the text is prepared, or has been. OUTPUT/corpus if None.
        on_start: Called in the main process when all is checked, before the first step.

    Returns:
        How it ended.

    Raises:
        ValueError: A setting, a text or a checkpoint cannot be used; CorpusError and WeightsError are of this kind.
        OSError: The system refuses to write; the checkpoints stay usable.
        FloatingPointError: Numbers are no longer finite; the checkpoints stay usable.
    """
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    prepared = _prepare(settings.text, corpus or output / CORPUS, world, notify)
    trainer = make_trainer(settings, prepared, world=world, notify=notify)
    folder, first_step = output / CHECKPOINTS, 0
    with world.main_process_first():
        checkpoint = latest_checkpoint(folder, partial(check_state, trainer))
    if checkpoint is not None:
        trainer.load(checkpoint)
        first_step = trainer.step
        notify(f"goes on after step {first_step}")
        _replace_lost_best(trainer, output, notify)
    if world.is_main:
        remove_unfinished(folder)
        on_start()
    with _name_last_checkpoint(folder), interruptible() as interrupted:
        for progress in train(
            trainer,
            settings.limits,
            folder,
            eval_frequency=settings.eval_frequency,
            keep=settings.keep_checkpoints,
            interrupted=lambda: interrupted() is not None,
        ):
            if world.is_main:
                on_step(progress)
    finished = trainer.done(settings.limits) >= 1
    if world.is_main and trainer.step:
        with _name_last_checkpoint(folder):
            _write_models(settings, trainer, prepared, output, notify)
        plot_history(trainer.history, output / PLOT)
    return Outcome(finished, trainer.step, trainer.step - first_step, world.is_main, interrupted())


def make_trainer(settings: RunSettings, prepared: Prepared, *, world: World, notify: Notify) -> Trainer:
    """Return a run at its start, in memory. Raises ValueError where it would not fit there.

    Args:
        settings: The run.
        prepared: Its text.
        world: Its processes.
        notify: Called with a line on how much memory it takes.
    """
    vocabulary = prepared.vocabulary
    counts = vocabulary.counts.tolist()
    notify(_check_memory(settings, vocabulary.words, world))
    with fitting(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        model = _make_model(settings, vocabulary.words)
        width = model.config.projection_size
        head = settings.start_head(vocabulary.words, counts, width)
        softmax = settings.softmax.make(counts, width, head, sparse=world.size == 1)
        model, softmax = model.to(world.device), softmax.to(world.device)  # the same at the start on any device
    seed, precision, frozen = settings.seed, settings.precision, settings.frozen
    how = partial(Objective, dropout=settings.dropout, seed=seed, precision=precision, frozen=frozen)
    objective = how(model, softmax, graphs=world.size == 1)  # DistributedDataParallel has to see gradients come
    optimizer = settings.optimizer.build(objective, clip_norm=settings.clip_norm)
    windows = Windows(
        prepared.train,
        batch_size=settings.batch_size,
        unroll_steps=settings.unroll_steps,
        seed=settings.seed,
        rank=world.rank,
        world=world.size,
        weights=prepared.train.weights,
    )
    dev = evaluation_windows(
        prepared.dev or prepared.train,
        batch_size=settings.batch_size,
        unroll_steps=settings.unroll_steps,
        rank=world.rank,
        world=world.size,
    )
    return Trainer(
        objective,
        optimizer,
        windows,
        dev,
        world=world,
        seed=settings.seed,
        find_unused_parameters=not settings.softmax.uses_all_parameters,
    )


def _prepare(text: Text, folder: Path, world: World, notify: Notify) -> Prepared:
    with world.main_process_first():
        dev = None if text.dev is None else text.dev()
        if text.dev is not None and dev is None:
            raise CorpusError("the reader of the held-out text gave None; it must give documents")
        prepared = prepare_corpus(text.train(), folder, text.corpus, dev=dev)
    for line in describe_prepared(prepared):
        notify(line)
    return prepared


def _make_model(settings: RunSettings, words: tuple[str, ...]) -> BiLM:
    start = settings.start
    if start is None:
        return BiLM(settings.dimensions(words), words=words)
    model = BiLM(start.model.config, words=model_words(start.model), characters=model_characters(start.model))
    model.load_state_dict(start.model.state_dict())  # its own memory: the start may be mapped
    return model


def _check_memory(settings: RunSettings, words: tuple[str, ...], world: World) -> str:
    """Return a line on the memory that a run takes. Raises ValueError where it does not fit, before any is taken."""
    rows = settings.batch_size * settings.unroll_steps // world.size
    slots, start, frozen = settings.optimizer.slots, settings.start, settings.frozen
    with fitting(), torch.random.fork_rng(devices=[]), torch.device("meta"):  # shapes only
        model = BiLM(settings.dimensions(words), words=words) if start is None else start.model
    config, sizes = model.config, [parameter.numel() for parameter in model.parameters()]
    needed = {
        f"model of {sum(sizes):,} parameters": model_bytes(config, sizes, rows=rows, slots=slots, frozen=frozen),
        f"{settings.softmax.name} softmax over {len(words):,} words": settings.softmax.bytes_needed(
            len(words), config.projection_size, rows=rows, slots=slots
        ),
        "the program": program_bytes(len(words)),
    }
    return check_memory(needed, free_bytes(world.device))


def _replace_lost_best(trainer: Trainer, output: Path, notify: Notify) -> None:
    """Let the best evaluation be one of a checkpoint that is there, unless model-best is from the one that is not."""
    lost, whole = trainer.best, list_checkpoints(output / CHECKPOINTS)
    if lost is None or lost["step"] in whole or _steps_of_best(output) == lost["step"]:
        return
    left = [note for note in trainer.history if note["step"] in whole]
    trainer.best = min(left, key=_perplexity, default=None)
    now = f"the best is that of step {trainer.best['step']} now" if trainer.best else "the next will be the best so far"
    notify(f"the checkpoint of step {lost['step']}, the best, is lost: {now}")


def _write_models(settings: RunSettings, trainer: Trainer, prepared: Prepared, output: Path, notify: Notify) -> None:
    """Write the model as it is, and as it was when it was best, and is again then, with a softmax that is a matrix."""
    objective, words = trainer.objective, prepared.vocabulary.words
    now = {"step": trainer.step, "words": trainer.words, "seconds": trainer.seconds}
    evaluated = trainer.history[-1] if trainer.history and trainer.history[-1]["step"] == trainer.step else {}
    meta = _describe(settings, prepared, {**now, **evaluated})
    with trainer.optimizer.averages.in_use():
        model_directory.write(output / LAST, objective.model, meta, head=objective.softmax.head(words))
    for note in () if trainer.best is None else (trainer.best, *sorted(trainer.history, key=_perplexity)):
        try:
            checkpoint = read_checkpoint(output / CHECKPOINTS, note["step"])
            check_state(trainer, checkpoint)
        except WeightsError as error:
            if _steps_of_best(output) == note["step"]:
                notify(f"{error}; {BEST}, which is of that step, stays as it is")
                return
            notify(f"{error}; {BEST} is of the best step that is left")
            continue
        objective.load_state_dict(evaluated_weights(checkpoint.tensors))  # no copy: it may be large
        meta = _describe(settings, prepared, note)
        model_directory.write(output / BEST, objective.model, meta, head=objective.softmax.head(words))
        return


def _steps_of_best(output: Path) -> object:
    """Return the step that model-best is of, None where there is none."""
    try:
        return read_json(output / BEST / "meta.json").get("steps")
    except WeightsError:
        return None


_perplexity = itemgetter("perplexity")  # of an evaluation


def _describe(settings: RunSettings, prepared: Prepared, note: dict[str, Any]) -> dict[str, Any]:
    """Return meta.json. A licence is that of the weights it goes on from; of new ones only their author knows."""
    start = settings.start
    meta = {key: start.meta[key] for key in _INHERITED if key in start.meta} if start else {}
    meta |= {"lang": settings.lang, "steps": note["step"], "words": note["words"], "seconds": round(note["seconds"], 1)}
    if start is not None:
        meta["continues"] = settings.start_name
    before = _as_list(meta.get("training_data"))
    read = _as_list(settings.text.corpus.sources.get("train"))
    meta["training_data"] = before + [text for text in read if text not in before]
    if "perplexity" in note:
        figures = {"forward": note["forward"], "backward": note["backward"], "mean": note["perplexity"]}
        meta["perplexity"] = {key: round(figure, 2) for key, figure in figures.items()}
        text = "training text" if prepared.dev is None else f"held-out text of {prepared.dev.n_words:,} words"
        meta["evaluation"] = f"{text}, softmax over all {len(prepared.vocabulary):,} words, <UNK> included"
    return meta


_INHERITED = ("license", "license_text", "training_data", "source", "author")


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@contextmanager
def _name_last_checkpoint(folder: Path) -> Iterator[None]:
    """Add to the error that ends a run from which checkpoint it can go on."""
    try:
        yield
    except (LostProcessError, FloatingPointError) as error:
        raise type(error)(f"{error}; {_last_checkpoint(folder)}") from error
    except (MemoryError, RuntimeError) as error:
        reason = (str(error).splitlines() or ["MemoryError"])[0]
        if isinstance(error, RuntimeError) and not re.search("allocate memory|out of memory", reason):
            raise
        remedy = "free some, then go on with --resume"
        raise OSError(f"there is no more memory ({reason}); {_last_checkpoint(folder)}; {remedy}") from error


def _last_checkpoint(folder: Path) -> str:
    steps = list_checkpoints(folder)
    return f"{folder} has a checkpoint of step {steps[-1]}" if steps else f"{folder} has no checkpoint yet"
