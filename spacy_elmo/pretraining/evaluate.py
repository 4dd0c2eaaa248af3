"""How well a model predicts texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from ..formats import Head
from ..models.load import load_model, require_head
from ..text.hints import find_hint
from ..text.readers import Lines
from ..text.tokenize import find_text, tokenize_files
from ..util.threads import CPU
from .corpus.vocabulary import MUCH_UNKNOWN, read_vocabulary, warn_of_unknown
from .loop.perplexity import text_perplexity


def measure_files(
    model: str,
    texts: Sequence[str | Path],
    *,
    vocab: Path | None = None,
    lang: str | None = None,
    tokenizer: str | None = None,
    n_process: int | None = 1,
    lines: Lines = "paragraphs",
    device: torch.device = CPU,
    notify: Callable[[str], object] = lambda line: None,
) -> list[dict[str, Any]]:
    """Measure the perplexity of each text by a model with a softmax.

    Args:
        model: Model name, model directory or published weights.
        texts: Files, directories and patterns.
        vocab: A file with the words to predict, one a line. None for those of the model's softmax.
        lang: The language whose tokenizer to use. None for that of the model, or English where it has none.
        tokenizer: A pipeline whose tokenizer to use, as of `tokenize_files`.
        n_process: Processes that tokenize, as of `tokenize_files`.
        lines: What a line of text is, as of `tokenize_files`.
        device: Where to compute.
        notify: Called with lines for people.

    Returns:
        For each file "text" (its path), "words", "unknown" (the share of words predicted as `<UNK>`), and the
        perplexities "forward", "backward" and "mean".

    Raises:
        ValueError: The model has no softmax, or a text cannot be read.
    """
    files = [file for path in texts for file in find_text(path)]
    words = None if vocab is None else read_vocabulary(vocab)
    bilm, meta, head = load_model(model)
    bilm.to(device)
    head = require_head(model, head)
    head = Head(head.words, head.weight.to(device), head.bias.to(device))
    if lines == "paragraphs" and (hint := find_hint(files, "--lines")):
        notify(hint)
    if lang is None and lines != "sentences":
        given = meta.get("lang")
        lang = given if isinstance(given, str) and given else "en"
        whose = "the language of the model" if lang == given else "as the model does not say its language"
        if tokenizer is None:
            notify(f"words are those of spaCy's tokenizer for {lang!r}, {whose}; --lang overrides it")
    rows = []
    for file in files:
        documents = tokenize_files(
            [file], lang=lang or "en", tokenizer=tokenizer, n_process=n_process, lines=lines, progress=True
        )
        found = text_perplexity(bilm, head, documents, words=words)
        forward, backward, mean, _ = found.perplexity
        row = {"text": str(file), "words": found.n_words, "unknown": found.unknown}
        rows.append({**row, "forward": forward, "backward": backward, "mean": mean})
        if found.unknown > MUCH_UNKNOWN:
            notify(warn_of_unknown(str(file), found.unknown))
    return rows
