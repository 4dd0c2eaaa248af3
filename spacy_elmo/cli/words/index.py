"""The command `python -m spacy elmo index`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option
from wasabi import msg

from ...util.files import printable
from ..common import TEXTS, Key, Lang, Lines, OnError, Processes, clear_errors, interruptible, say


def index(
    inputs: Annotated[list[str], Argument(help=TEXTS)],
    output: Annotated[Path, Argument(help="Directory of the index, which may have other texts already")],
    model: Annotated[
        str | None, Option("--model", "-m", help="Model name or path; that of the index, en_elmo_sm for a new one")
    ] = None,
    layers: Annotated[
        str | None, Option("--layers", help="all, or for a smaller index average, top or a number; all for a new one")
    ] = None,
    lang: Lang = None,
    lines: Lines = "paragraphs",
    key: Key = "text",
    on_error: OnError = "fail",
    n_process: Processes = None,
    approximate: Annotated[
        bool, Option("--approximate", help="Add a graph for fast searches of many millions of words; needs usearch")
    ] = False,
) -> None:
    """Index the words of a corpus, so that `neighbors` finds their uses by meaning; or add texts to an index. The same
    command goes on with what was interrupted or killed, and with nothing to do says that it is finished.
    """
    with clear_errors():
        from ...search.index import build_index

        with interruptible(output):
            built = build_index(
                inputs,
                output,
                model=model,
                layers=layers,
                lang=lang,
                lines=lines,
                key=key,
                on_error=on_error,
                n_process=n_process,
                approximate=approximate,
                notify=say,
                progress=True,
            )
    counts = f"{built.words:,} words, {built.sentences:,} sentences"
    if built.new:
        msg.good(printable(f"Wrote {output}: {counts}; {built.new:,} words are new"))
    else:
        msg.good(printable(f"Finished already: {output}: {counts}"))
