"""Progress of pretraining: our own logger, and any other of spaCy's."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import IO, Any, TypeAlias

from thinc.api import Config
from tqdm import tqdm
from wasabi import Printer

from .loop.perplexity import Perplexity
from .loop.trainer import Progress

Info: TypeAlias = dict[str, Any] | None
LogStep: TypeAlias = Callable[[Info], None]
Finish: TypeAlias = Callable[[], None]
Logger: TypeAlias = Callable[..., tuple[LogStep, Finish]]

PIPE = "bilm"
COLUMNS = {"Step": 8, "Epoch": 5, "Tokens": 14, "Tokens/s": 8, "Loss": 6, "Forward": 9, "Backward": 9, "Left": 8}


def pretrain_logger(progress_bar: bool = True) -> Logger:
    """Return a logger that writes a line for each evaluation.

    A line has tokens seen in each direction, tokens a second, the loss in nats a token, held-out perplexities both
    ways, and the time left. The best one so far is marked.

    Args:
        progress_bar: Whether to show the steps to the next evaluation, on a terminal.
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


class LoggerView:
    """A run as loggers see it, who take it for a pipeline whose one component is the model.

    It has what spaCy's loggers read of an `nlp`, and no more.

    Args:
        config: Of the run, complete and interpolated.
    """

    def __init__(self, config: Config):
        self.lang: str = config["nlp"]["lang"]
        self.meta: dict[str, Any] = {}
        self.pipe_names = [PIPE]
        self.pipeline = [(PIPE, SimpleNamespace(is_trainable=True))]
        max_steps = config["training"]["max_steps"] or 0
        training = {**config["training"], "score_weights": {"speed": 0.0}, "max_steps": max_steps}
        self.config = Config({**config, "training": training})


def follow(logger: Logger, config: Config) -> tuple[Callable[[Progress], None], Finish]:
    """Return what to call after each step, and at the end. A logger of spaCy's kind starts with the first step.

    Args:
        logger: As a block of the config builds it.
        config: Of the run, complete and interpolated.
    """
    started: list[tuple[LogStep, Finish]] = []
    checkpoints: list[tuple[float, int]] = []

    def on_step(progress: Progress) -> None:
        if not started:
            started.append(logger(LoggerView(config), sys.stdout, sys.stderr))
        log_step, _ = started[0]
        if progress.dev is None:
            log_step(None)
            return
        checkpoints.append((-progress.dev.mean, progress.step))
        log_step(_info(progress, progress.dev, list(checkpoints)))

    def finish() -> None:
        for _, close in started:
            close()

    return on_step, finish


def _info(progress: Progress, dev: Perplexity, checkpoints: list[tuple[float, int]]) -> dict[str, Any]:
    """Return what spaCy's loggers are given; their score is better when it is higher."""
    return {
        "epoch": progress.epoch,
        "step": progress.step,
        "score": -dev.mean,
        "other_scores": {
            "speed": progress.speed,
            "perplexity": dev.mean,
            "perplexity_forward": dev.forward,
            "perplexity_backward": dev.backward,
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
