"""`python -m spacy elmo perplexity`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any, cast

from typer import Argument, Option, echo
from wasabi import msg

from ..common import PREDICTORS, AsJson, GpuId, Lang, Lines, Tokenizer, clear_errors, find_device, print_json, say


def perplexity(
    model: Annotated[str, Argument(help=PREDICTORS)],
    texts: Annotated[list[str], Argument(help="Files of text, JSON lines or Docs; directories, patterns")],
    vocab: Annotated[
        Path | None, Option(help="Words to predict, one a line, so that models are compared on the same targets")
    ] = None,
    lang: Lang = None,
    tokenizer: Tokenizer = None,
    lines: Lines = "paragraphs",
    n_process: Annotated[
        int | None, Option("--n-process", "-n", min=1, help="Processes that tokenize; one a core, 4 at most")
    ] = None,
    gpu_id: GpuId = -1,
    as_json: AsJson = False,
) -> None:
    """Measure how well a model predicts each text, word by word in both directions, over its whole vocabulary."""
    with clear_errors():
        from ...pretraining.evaluate import measure_files

        rows = measure_files(
            model,
            texts,
            vocab=vocab,
            lang=lang,
            tokenizer=tokenizer,
            n_process=n_process,
            lines=cast(Any, lines),
            device=find_device(gpu_id),
            notify=partial(echo, err=True) if as_json else say,
        )
    if as_json:
        print_json(rows)
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
