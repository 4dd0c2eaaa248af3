"""Progress of pretraining: our own logger, and any other of spaCy's."""

from __future__ import annotations

import math
import sys
from types import SimpleNamespace
from typing import IO, Any, Callable, Optional

from thinc.api import Config
from tqdm import tqdm
from wasabi import Printer

from .loop.trainer import Progress

Info = Optional[dict[str, Any]]
LogStep = Callable[[Info], None]
Finish = Callable[[], None]
Logger = Callable[..., tuple[LogStep, Finish]]

PIPE = "bilm"
COLUMNS = {"Step": 8, "Epoch": 5, "Tokens": 14, "Tokens/s": 8, "Loss": 6, "Forward": 9, "Backward": 9, "Left": 8}


def pretrain_logger(progress_bar: bool = True) -> Logger:
    """A line for each evaluation: tokens seen in each direction, tokens a second, the loss in nats a token, held-out
    perplexities both ways, and the time left. The best one so far is marked.

    progress_bar: steps to the next evaluation, on a terminal.
    """

    def setup(nlp: Any, stdout: IO = sys.stdout, stderr: IO = sys.stderr) -> tuple[LogStep, Finish]:
        printer = Printer(no_print=True)
        frequency = nlp.config["training"]["eval_frequency"]

        def write(cells: list[str]) -> None:
            row = printer.row(cells, widths=list(COLUMNS.values()), aligns=["r"] * len(COLUMNS), spacing=2)
            print(row, file=stdout, flush=True)

        def new_bar() -> tqdm:
            return tqdm(total=frequency, leave=False, file=stderr, disable=None if progress_bar else True, unit="step")

        write(list(COLUMNS))
        write(["-" * width for width in COLUMNS.values()])
        bar = new_bar()

        def log_step(info: Info) -> None:
            nonlocal bar
            if info is None:
                bar.update()
                return
            bar.close()
            write(_cells(info))
            bar = new_bar()

        return log_step, lambda: bar.close()

    return setup


def follow(logger: Logger, config: Config) -> tuple[Callable[[Progress], None], Finish]:
    """Return what to call after each step, and at the end. A logger of spaCy's kind starts with the first step.

    config: complete and interpolated; the logger sees it as that of a pipeline whose one component is the model.
    """
    started: list[tuple[LogStep, Finish]] = []
    checkpoints: list[tuple[float, int]] = []

    def on_step(progress: Progress) -> None:
        if not started:
            started.append(logger(_as_pipeline(config), sys.stdout, sys.stderr))
        log_step, _ = started[0]
        if progress.heldout is None:
            log_step(None)
            return
        checkpoints.append((-progress.heldout.mean, progress.step))
        log_step(_info(progress, list(checkpoints)))

    def finish() -> None:
        for _, close in started:
            close()

    return on_step, finish


def _as_pipeline(config: Config) -> SimpleNamespace:
    """RETURNS: what loggers read of an `nlp`."""
    max_steps = config["training"]["max_steps"] or 0
    training = {**config["training"], "score_weights": {"speed": 0.0}, "max_steps": max_steps}
    nlp = SimpleNamespace(lang=config["nlp"]["lang"], pipe_names=[PIPE], meta={})
    nlp.pipeline = [(PIPE, SimpleNamespace(is_trainable=True))]
    nlp.config = Config({**config, "training": training})
    return nlp


def _info(progress: Progress, checkpoints: list[tuple[float, int]]) -> dict[str, Any]:
    """What spaCy's loggers are given; their score is better when it is higher."""
    heldout = progress.heldout
    assert heldout is not None
    return {
        "epoch": progress.epoch,
        "step": progress.step,
        "score": -heldout.mean,
        "other_scores": {
            "speed": progress.speed,
            "perplexity": heldout.mean,
            "perplexity_forward": heldout.forward,
            "perplexity_backward": heldout.backward,
            "learn_rate": progress.learn_rate,
        },
        "losses": {PIPE: progress.loss},
        "checkpoints": checkpoints,
        "seconds": int(progress.seconds),
        "seconds_left": progress.seconds_left,
        "words": progress.words,
        "is_best": progress.is_best,
    }


def _cells(info: dict[str, Any]) -> list[str]:
    scores = info["other_scores"]
    return [
        f"{info['step']:,}",
        str(info["epoch"]),
        f"{info['words']:,}",
        f"{scores['speed']:,.0f}",
        f"{info['losses'][PIPE]:.3f}",
        f"{scores['perplexity_forward']:,.1f}",
        f"{scores['perplexity_backward']:,.1f}",
        _duration(info["seconds_left"]) + (" *" if info["is_best"] else "  "),
    ]


def _duration(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "?"
    minutes, hours = int(seconds / 60), int(seconds / 3600)
    return f"{hours}h {minutes % 60:02}m" if hours else f"{minutes}m {int(seconds) % 60:02}s"
