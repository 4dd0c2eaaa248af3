"""How well a model predicts texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..models.load import load_model
from ..text.tokenize import find_text, tokenize_files
from .corpus.vocabulary import read_vocabulary
from .loop.perplexity import text_perplexity


def measure_files(
    model: str, texts: list[Path], *, vocab: Path | None = None, lang: str = "en", n_process: int = 1
) -> list[dict[str, Any]]:
    """Measure the perplexity of each text by a model with a softmax.

    Args:
        model: Model name, model directory or published weights.
        texts: Files and directories of them.
        vocab: A file with the words to predict, one a line. None for those of the model's softmax.
        lang: The language whose tokenizer to use.
        n_process: Processes that tokenize.

    Returns:
        For each file "text" (its path), "words", "unknown" (the share of words predicted as `<UNK>`), and the
        perplexities "forward", "backward" and "mean".

    Raises:
        ValueError: The model has no softmax, or a text cannot be read.
    """
    files = [file for path in texts for file in find_text(path)]
    words = None if vocab is None else read_vocabulary(vocab)
    bilm, _, head = load_model(model)
    if head is None:
        raise ValueError(f"{model}: has no softmax, so it predicts no words; `convert` keeps it where there is one")
    rows = []
    for file in files:
        found = text_perplexity(bilm, head, tokenize_files([file], lang=lang, n_process=n_process), words=words)
        forward, backward, mean, _ = found.perplexity
        row = {"text": str(file), "words": found.n_words, "unknown": found.unknown}
        rows.append({**row, "forward": forward, "backward": backward, "mean": mean})
    return rows
