"""The command `python -m spacy elmo static`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

from typer import Argument, Option
from wasabi import msg

from ...util.files import printable
from ..common import Corpus, InitialState, Key, Lang, Lines, Model, OnError, Processes, clear_errors, say


def static(
    inputs: Corpus,
    output: Annotated[Path, Argument(help="Directory or file to write")],
    model: Model = "en_elmo_sm",
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
    lines: Lines = "paragraphs",
    key: Key = "text",
    lang: Lang = None,
    initial_state: InitialState = "warm",
    on_error: OnError = "fail",
    n_process: Processes = None,
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
