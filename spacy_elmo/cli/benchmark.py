"""`python -m spacy elmo benchmark`."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from typer import Option
from wasabi import msg

from .common import GpuId, Weights, clear_errors, find_device

if TYPE_CHECKING:
    from ..bilm.inference.encoder import Encoder

Sentences = list[list[str]]
VOCABULARY = 20_000
MOST_WORDS = 10_000_000
LETTERS = "etaoinshrdlcumwfgypbvk"


def benchmark(
    model: Weights,
    text: Annotated[
        str | None, Option("--text", help="Words between spaces, a sentence a line; made-up words if not given")
    ] = None,
    words: Annotated[int, Option("--words", min=1, max=MOST_WORDS, help="Number of words")] = 8000,
    gpu_id: GpuId = -1,
    precision: Annotated[str, Option("--precision", help="Of products: float32 or bfloat16")] = "float32",
) -> None:
    """Measure how many words a second this machine embeds; of a model with a softmax, also how many it predicts."""
    with clear_errors():
        import torch

        from ..bilm import WordInput
        from ..bilm.inference.encoder import Encoder
        from ..bilm.inference.native import choose
        from ..formats.pretrained import check_room
        from ..models.load import load_model
        from ..util.batches import take_words

        device = find_device(gpu_id)
        pretrained = load_model(model)
        found = pretrained.model.to(device)
        if isinstance(found.config.input, WordInput) and found.config.input.unknown == "error" and text is None:
            raise ValueError(f"{model}: its table refuses made-up words; give it a --text of words that it has")
        check_room(4 * words * found.config.n_outputs * found.config.width, source=f"--words {words}")
        encoder = Encoder(found, precision=precision)
        sentences = take_words(_random_sentences() if text is None else _read_sentences(text, words), words)
        few = take_words(sentences, min(words, 500))
        rows = [
            ("All at once, first time", _speed(sentences, encoder.encode)),
            ("All at once, words known", _speed(sentences, encoder.encode)),
            ("One sentence at a time", _speed(few, lambda part: _one_by_one(encoder, part))),
        ]
        if pretrained.head is not None and device.type == "cpu":
            from ..prediction import LanguageModel

            predictor = LanguageModel(pretrained, model)
            rows.append(
                ("Surprisals", _speed(few, lambda part: [*predictor.documents_log_likelihoods([s] for s in part)]))
            )
        title = f"Words a second, {sum(map(len, sentences)):,} words, {torch.get_num_threads()} threads"
        msg.table([(name, f"{speed:,.0f}") for name, speed in rows], title=title, aligns=("l", "r"))
        why = choose(found, precision=precision).why if device.type == "cpu" else f"torch on {device}"
        msg.text(f"Computed in {precision} with: {why}")


def _one_by_one(encoder: Encoder, sentences: Sentences) -> None:
    for sentence in sentences:
        encoder.encode([sentence])


def _speed(sentences: Sentences, embed: Callable[[Sentences], object]) -> float:
    start = time.perf_counter()
    embed(sentences)
    return sum(map(len, sentences)) / (time.perf_counter() - start)


def _read_sentences(path: str, words: int) -> Sentences:
    """Return as many sentences of a text as have so many words, all of them where they are fewer."""
    from ..text.readers import read_documents

    sentences: Sentences = []
    for document in read_documents(path, "sentences"):
        sentences += [line.split()[:100] for line in document]
        if sum(map(len, sentences)) >= words:
            break
    if not sentences:
        raise ValueError(f"{path}: has no words")
    return sentences


def _random_sentences(*, n_sentences: int = 1000, seed: int = 0) -> Sentences:
    """Words as often as Zipf's law has them, in sentences of 5 to 45 words."""
    rng = random.Random(seed)
    vocabulary = ["".join(rng.choices(LETTERS, k=rng.randint(1, 12))) for _ in range(VOCABULARY)]
    weights = [1 / rank for rank in range(1, VOCABULARY + 1)]
    return [rng.choices(vocabulary, weights, k=rng.randint(5, 45)) for _ in range(n_sentences)]
