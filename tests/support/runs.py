"""Tiny runs of pretraining, for all tests; as a program, one in a process of its own that can be killed.

python -m tests.support.runs OUTPUT [--kill-after STEP] [KEY=JSON ...]
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import torch

from spacy_elmo.pretraining.corpus.prepare import CorpusSettings, prepare_corpus
from spacy_elmo.pretraining.loop.distributed import World, join
from spacy_elmo.pretraining.loop.limits import Limits
from spacy_elmo.pretraining.loop.run import Outcome, make_trainer, run_training
from spacy_elmo.pretraining.loop.settings import (
    AdaptiveChoice,
    FullChoice,
    OptimizerChoice,
    RunSettings,
    SampledChoice,
    Text,
)
from spacy_elmo.pretraining.loop.trainer import Trainer
from spacy_elmo.pretraining.optimizers.schedules import cosine
from spacy_elmo.util.threads import CPU
from tests.support.random_models import CONFIG

STEPS = 12
SOFTMAXES = {
    "full": FullChoice(),
    "sampled": SampledChoice(n_samples=8),
    "adaptive": AdaptiveChoice(cutoffs=[5, 15], div_value=2.0),
}


def ignore(_: object) -> None:
    """Hear of a step or a notice, and do nothing."""


def documents(n: int = 12, *, seed: int = 0) -> list[list[list[str]]]:
    """Return documents of a few sentences each."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdefg", k=rng.randint(1, 4))) for _ in range(40)]
    return [[rng.choices(words, k=rng.randint(1, 9)) for _ in range(rng.randint(1, 4))] for _ in range(n)]


def tiny_settings(
    *,
    max_steps: int = STEPS,
    softmax: str = "sampled",
    threads: int = 1,
    average_decay: float | None = None,
    **changes: Any,
) -> RunSettings:
    """Return settings with dropout, negatives and a schedule, for a run of a second."""
    text = Text(documents, partial(documents, 3, seed=1), CorpusSettings(sources={"made": "up"}))
    rates = cosine(0.01, warmup=3, total=max_steps)
    optimizer = OptimizerChoice(torch.optim.Adam, rates, slots=2, average_decay=average_decay)
    settings: dict[str, Any] = {"batch_size": 4, "unroll_steps": 5, "eval_frequency": 4}
    settings |= {"lang": "en", "text": text, "softmax": SOFTMAXES[softmax], "optimizer": optimizer}
    settings |= {"dimensions": lambda words: CONFIG, "limits": Limits(steps=max_steps), "threads": threads}
    return RunSettings(**{**settings, **changes})


def tiny_run(output: Path, **changes: Any) -> Outcome:
    """Run tiny settings in this process, which keeps its number of threads."""
    threads = torch.get_num_threads()
    try:
        return run_training(tiny_settings(**changes), output, world=World(), on_step=ignore, notify=ignore)
    finally:
        torch.set_num_threads(threads)


def tiny_trainer(folder: Path, *, device: torch.device = CPU, **changes: Any) -> Trainer:
    """Return a tiny run at its start; its text is prepared in a folder."""
    settings = tiny_settings(**changes)
    prepared = prepare_corpus(documents(), folder, CorpusSettings(), dev=documents(3, seed=1))
    return make_trainer(settings, prepared, world=World(device=device), notify=ignore)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def plan_death(how: str, step: int, rank: int) -> None:
    """how: "--kill-after" a step, "--kill-while-saving" its checkpoint, "--kill-second-after" (the second process)."""
    advance, rename = Trainer.advance, os.rename

    def advance_and_die(self: Trainer) -> None:
        advance(self)
        if self.step == step:
            die()

    def die_instead(old: Path, new: Path) -> None:
        die() if new.name == f"step-{step:09d}" else rename(old, new)

    if how == "--kill-while-saving":
        os.rename = die_instead  # type: ignore[assignment]
    elif how == "--kill-after" or rank == 1:
        Trainer.advance = advance_and_die  # type: ignore[method-assign]


def main(output: str, *arguments: str) -> None:
    changes = {key: json.loads(value) for key, _, value in (word.partition("=") for word in arguments if "=" in word)}
    with join() as world:
        if arguments and arguments[0].startswith("--kill"):
            plan_death(arguments[0], int(arguments[1]), world.rank)
        run_training(tiny_settings(**changes), Path(output), world=world, on_step=ignore, notify=ignore)


if __name__ == "__main__":
    main(*sys.argv[1:])
