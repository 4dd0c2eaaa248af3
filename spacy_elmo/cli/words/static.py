"""The command `python -m spacy elmo static`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

from typer import Argument, Option
from wasabi import msg

from ...util.files import printable
from ..common import clear_errors, say


def static(
    inputs: Annotated[list[str], Argument(help="Files of text, JSON lines, CoNLL-U, IOB or Docs; directories; -")],
    output: Annotated[Path, Argument(help="Directory or file to write")],
    model: Annotated[
        str, Option("--model", "-m", help="Model name, model directory or published weights")
    ] = "en_elmo_sm",
    layers: Annotated[
        str, Option("--layers", help="average, top, a number, weights as 0.2,0.5,0.3, or learned:COMPONENT")
    ] = "average",
    format: Annotated[
        str | None, Option("--format", help="spacy, word2vec or safetensors; by the suffix of OUTPUT")
    ] = None,
    dtype: Annotated[
        str | None, Option("--dtype", help="float32 or float16; of spaCy's vectors float32, else float16")
    ] = None,
    words: Annotated[int, Option("--words", help="The most frequent words, so many at most")] = 50_000,
    min_count: Annotated[int, Option("--min-count", help="How many uses a word needs")] = 5,
    lower: Annotated[bool, Option("--lower", help="Fold case: The and the are one word")] = False,
    prune: Annotated[
        int | None,
        Option("--prune", "-p", help="Vectors that are kept; rarer words share the nearest. Only of spaCy's"),
    ] = None,
    name: Annotated[str | None, Option("--name", help="Of the vectors. Only of spaCy's")] = None,
    lines: Annotated[
        str,
        Option(help="What a line is: paragraphs, wrapped (parts of them) or sentences (tokenized, read as they are)"),
    ] = "paragraphs",
    key: Annotated[str, Option("--key", help="Key of the text, or of its words, in JSON lines")] = "text",
    lang: Annotated[str | None, Option("--lang", "-l", help="Language whose tokenizer to use; the model's own")] = None,
    initial_state: Annotated[str, Option("--initial-state", help="Before each sentence: warm or zeros")] = "warm",
    on_error: Annotated[str, Option("--on-error", help="Broken records: fail, or skip them")] = "fail",
    n_process: Annotated[int | None, Option("--n-process", "-n", min=1, help="Processes; one for two cores")] = None,
) -> None:
    """Give each frequent word of a corpus the mean of its vectors in context: a table that needs neither torch nor this
    package, for spaCy (a directory), as word2vec text (.txt, .txt.gz) or as .safetensors.
    """
    with clear_errors():
        from ...static import write_static

        reading: dict[str, Any] = {"lines": lines, "key": key, "initial_state": initial_state, "on_error": on_error}
        found = write_static(
            inputs,
            output,
            format=cast(Any, format),
            dtype=cast(Any, dtype),
            prune=prune,
            name=name,
            model=model,
            layers=layers,
            lower=lower,
            min_count=min_count,
            words=words,
            lang=lang,
            n_process=n_process,
            notify=say,
            progress=True,
            **reading,
        )
    n, width = found.vectors.shape
    msg.good(printable(f"Wrote {output}: {n:,} words, {width} dimensions, means of {found.counts.sum():,} uses"))
