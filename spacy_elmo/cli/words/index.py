"""The command `python -m spacy elmo index`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option
from wasabi import msg

from ...util.files import printable
from ..common import clear_errors, interruptible, say


def index(
    inputs: Annotated[list[str], Argument(help="Files of text, JSON lines, CoNLL-U, IOB or Docs; directories")],
    output: Annotated[Path, Argument(help="Directory of the index, which may have other texts already")],
    model: Annotated[
        str | None, Option("--model", "-m", help="Model name or path; that of the index, en_elmo_sm for a new one")
    ] = None,
    layers: Annotated[
        str | None, Option("--layers", help="all, or for a smaller index average, top or a number; all for a new one")
    ] = None,
    lang: Annotated[str | None, Option("--lang", "-l", help="Language whose tokenizer to use; the model's own")] = None,
    lines: Annotated[
        str,
        Option(help="What a line is: paragraphs, wrapped (parts of them) or sentences (tokenized, read as they are)"),
    ] = "paragraphs",
    key: Annotated[str, Option("--key", help="Key of the text, or of its words, in JSON lines")] = "text",
    on_error: Annotated[str, Option("--on-error", help="Broken records: fail, or skip them")] = "fail",
    n_process: Annotated[int | None, Option("--n-process", "-n", min=1, help="Processes; one for two cores")] = None,
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
