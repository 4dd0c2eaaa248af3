"""How many tokens a second a model is trained on, here and now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from thinc.api import Config

from .corpus.prepare import prepare_corpus
from .loop.distributed import World
from .loop.run import make_trainer
from .pretrain import make_settings

WORDS, WORDS_A_LINE, WARM = 200_000, 20, 3  # of the text, and steps that are not counted; of a slow model fewer
SECONDS = 15.0  # of steps that are


def measure_speed(config: Config, *, seconds: float = SECONDS, words: int = WORDS) -> float:
    """Return how many tokens a second training reads, in each direction.

    Steps of a run are taken, on text that is made up: words have the frequencies and lengths of a language, because
    a step encodes each distinct word of its window once.

    Args:
        config: Of the run, complete; its text is not read.
        seconds: How long steps are taken.
        words: Of the text.

    Raises:
        ValueError: The run does not fit into memory, or its settings cannot be.
    """
    with TemporaryDirectory(ignore_cleanup_errors=True) as name, _threads(config["system"]["threads"]):
        folder = Path(name)
        _write_text(folder / "text.txt", words, distinct=2 * config["corpus"]["max_words"])
        changes = {"paths.train": str(folder / "text.txt"), "corpus.lines": "sentences", "corpus.min_count": 1}
        changes |= {"paths.dev": None, "paths.corpus": None, "corpus.dev_size": 1, "nlp.tokenizer": None}
        run = Config().from_str(config.to_str(), interpolate=False, overrides=changes).interpolate()
        settings, _ = make_settings(run, notify=_quiet)
        prepared = prepare_corpus(settings.text.train(), folder / "corpus", settings.text.corpus)
        trainer = make_trainer(settings, prepared, world=World(), notify=_quiet)
        while not trainer.step or (trainer.step < WARM and trainer.seconds < seconds / 2):
            trainer.advance()
        n_before, before = trainer.words, trainer.seconds
        while trainer.words == n_before or trainer.seconds - before < seconds:
            trainer.advance()
        return (trainer.words - n_before) / (trainer.seconds - before)


def _write_text(path: Path, words: int, *, distinct: int) -> None:
    ranks = np.exp(np.random.default_rng(0).random(words) * np.log(distinct)).astype(int)
    spelled = [_spelling(rank) for rank in ranks.tolist()]
    lines = (" ".join(spelled[start : start + WORDS_A_LINE]) for start in range(0, words, WORDS_A_LINE))
    path.write_text("\n".join(lines) + "\n", encoding="utf8")


def _spelling(rank: int) -> str:
    """Return two letters for each digit of a rank in base 8: 2 to 12 letters, 5 in the mean of a text."""
    return "".join("abcdefgh"[int(digit)] + "aeiouxyz"[int(digit)] for digit in oct(rank)[2:])


@contextmanager
def _threads(threads: int | None) -> Iterator[None]:
    """Let torch have the threads of a run."""
    before = torch.get_num_threads()
    try:
        if threads is not None:
            torch.set_num_threads(threads)
        yield
    finally:
        torch.set_num_threads(before)


def _quiet(_: str) -> None:
    """Nobody asks what is measured."""
