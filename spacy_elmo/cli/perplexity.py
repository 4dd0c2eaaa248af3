"""`python -m spacy elmo perplexity`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Optional

from typer import Argument, Option
from wasabi import msg

from .common import clear_errors


def perplexity(
    model: Annotated[str, Argument(help="Model name, model directory or published weights, with their softmax")],
    texts: Annotated[list[Path], Argument(help="Files (.txt, .gz, .jsonl, .spacy) or directories of them")],
    vocab: Annotated[
        Optional[Path], Option(help="Words to predict, one a line, so that models are compared on the same targets")
    ] = None,
    lang: Annotated[str, Option("--lang", "-l", help="Language whose tokenizer to use")] = "en",
    n_process: Annotated[int, Option("--n-process", "-n", min=1, help="Processes that tokenize")] = 1,
    as_json: Annotated[bool, Option("--json", help="Print JSON")] = False,
) -> None:
    """Measure how well a model predicts each text, word by word in both directions, over its whole vocabulary."""
    with clear_errors():
        rows = measure_files(model, texts, vocab=vocab, lang=lang, n_process=n_process)
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    header = ("Text", "Words", "Unknown", "Forward", "Backward", "Mean")
    cells = [
        (row["text"], f"{row['words']:,}", f"{row['unknown']:.1%}")
        + tuple(f"{row[key]:,.2f}" for key in ("forward", "backward", "mean"))
        for row in rows
    ]
    msg.table(cells, header=header, divider=True, aligns=("l", "r", "r", "r", "r", "r"), max_col=60)


def measure_files(
    model: str, texts: list[Path], *, vocab: Path | None, lang: str, n_process: int
) -> list[dict[str, Any]]:
    """Return for each file "text" (its path), "words", "unknown" (the share of words predicted as `<UNK>`), and the
    perplexities "forward", "backward" and "mean".

    Raises ValueError for a model without a softmax, and for texts that cannot be read.
    """
    from ..models.load import load_model
    from ..pretraining.loop.perplexity import text_perplexity
    from ..text.tokenize import find_text, tokenize_files
    from ..util.files import read_words

    files = [file for path in texts for file in find_text(path)]
    words = None if vocab is None else read_words(vocab)
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
