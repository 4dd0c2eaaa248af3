"""The command `python -m spacy elmo benchmark`."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Callable

from typer import Argument, Option
from wasabi import msg

from .common import clear_errors

if TYPE_CHECKING:
    from ..bilm.inference.encoder import Encoder

Sentences = list[list[str]]
VOCABULARY = 20_000
LETTERS = "etaoinshrdlcumwfgypbvk"


def benchmark(
    model: Annotated[str, Argument(help="Model name, model directory or published weights")],
    text: Annotated[
        Path | None, Option("--text", help="Text file: a sentence a line, spaces between words. Default: random words")
    ] = None,
    words: Annotated[int, Option("--words", min=1, help="Number of words")] = 8000,
) -> None:
    """Measure how many words a second this machine embeds."""
    with clear_errors():
        import torch

        from ..bilm.inference.encoder import Encoder
        from ..models.load import load_model

        encoder = Encoder(load_model(model, with_head=False).model)
        sentences = _limit(_random_sentences() if text is None else _read_sentences(text), words)
        few = _limit(sentences, min(words, 500))
        rows = [
            ("All at once, first time", _speed(sentences, encoder.encode)),
            ("All at once, words known", _speed(sentences, encoder.encode)),
            ("One sentence at a time", _speed(few, lambda part: _one_by_one(encoder, part))),
        ]
        title = f"Words a second, {sum(map(len, sentences)):,} words, {torch.get_num_threads()} threads"
        msg.table([(name, f"{speed:,.0f}") for name, speed in rows], title=title, aligns=("l", "r"))


def _one_by_one(encoder: Encoder, sentences: Sentences) -> None:
    for sentence in sentences:
        encoder.encode([sentence])


def _speed(sentences: Sentences, embed: Callable[[Sentences], object]) -> float:
    start = time.perf_counter()
    embed(sentences)
    return sum(map(len, sentences)) / (time.perf_counter() - start)


def _read_sentences(path: Path) -> Sentences:
    sentences = [line.split()[:100] for line in path.read_text(encoding="utf8").splitlines() if line.strip()]
    if not sentences:
        raise ValueError(f"{path}: has no words")
    return sentences


def _random_sentences(*, n_sentences: int = 1000, seed: int = 0) -> Sentences:
    """Return sentences of 5 to 45 random words, which are as frequent as Zipf's law says."""
    rng = random.Random(seed)
    vocabulary = ["".join(rng.choices(LETTERS, k=rng.randint(1, 12))) for _ in range(VOCABULARY)]
    weights = [1 / rank for rank in range(1, VOCABULARY + 1)]
    return [rng.choices(vocabulary, weights, k=rng.randint(5, 45)) for _ in range(n_sentences)]


def _limit(sentences: Sentences, n_words: int) -> Sentences:
    """Return the first sentences that have n_words words together. Where there are too few, they are repeated."""
    taken: Sentences = []
    missing = n_words
    while missing:
        for sentence in sentences:
            taken.append(sentence[:missing])
            missing -= len(taken[-1])
            if not missing:
                break
    return taken
