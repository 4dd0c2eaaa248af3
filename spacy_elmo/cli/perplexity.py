"""`python -m spacy elmo perplexity`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from typer import Argument, Option
from wasabi import msg

from .common import clear_errors


def perplexity(
    model: Annotated[str, Argument(help="Model name, model directory or published weights, with their softmax")],
    texts: Annotated[list[Path], Argument(help="Files (.txt, .gz, .jsonl, .spacy) or directories of them")],
    vocab: Annotated[
        Path | None, Option(help="Words to predict, one a line, so that models are compared on the same targets")
    ] = None,
    lang: Annotated[str, Option("--lang", "-l", help="Language whose tokenizer to use")] = "en",
    n_process: Annotated[int, Option("--n-process", "-n", min=1, help="Processes that tokenize")] = 1,
    as_json: Annotated[bool, Option("--json", help="Print JSON")] = False,
) -> None:
    """Measure how well a model predicts each text, word by word in both directions, over its whole vocabulary."""
    with clear_errors():
        from ..pretraining.evaluate import measure_files

        rows = measure_files(model, texts, vocab=vocab, lang=lang, n_process=n_process)
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    header = ("Text", "Words", "Unknown", "Forward", "Backward", "Mean")
    cells = [
        (
            *(row["text"], f"{row['words']:,}", f"{row['unknown']:.1%}"),
            *(f"{row[key]:,.2f}" for key in ("forward", "backward", "mean")),
        )
        for row in rows
    ]
    msg.table(cells, header=header, divider=True, aligns=("l", "r", "r", "r", "r", "r"), max_col=60)
