"""The command `python -m spacy elmo embed`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

from typer import Argument, Option
from wasabi import msg

from ..util.files import printable
from .common import Corpus, InitialState, Key, Lang, Lines, Model, OnError, Processes, clear_errors, interruptible, say


def embed(
    inputs: Corpus,
    output: Annotated[Path, Argument(help="Directory to write, or HDF5 file")],
    model: Model = "en_elmo_sm",
    layers: Annotated[
        str, Option("--layers", help="average, top, all, a number, weights as 0.2,0.5,0.3, or learned:COMPONENT")
    ] = "average",
    unit: Annotated[str, Option("--unit", help="What has a vector: words, sentences or documents")] = "words",
    pooling: Annotated[str, Option("--pooling", help="Of sentences and documents: mean or sif")] = "mean",
    format: Annotated[
        str | None,
        Option("--format", help="parquet, npy, spacy, allennlp or elmoformanylangs; by the suffix of OUTPUT"),
    ] = None,
    dtype: Annotated[str, Option("--dtype", help="float32 or float16")] = "float32",
    lines: Lines = "paragraphs",
    key: Key = "text",
    lang: Lang = None,
    initial_state: InitialState = "warm",
    on_error: OnError = "fail",
    shard_mb: Annotated[int, Option("--shard-mb", min=1, max=4096, help="Size of a shard of words, about")] = 64,
    n_process: Processes = None,
    engine: Annotated[str, Option("--engine", help="local or ray")] = "local",
    ray_address: Annotated[str | None, Option("--ray-address", help="Of a running Ray cluster")] = None,
) -> None:
    """Embed a corpus into files of vectors. The same command goes on with a run that was interrupted or killed, and
    with nothing to do says that it is finished.
    """
    with clear_errors():
        from ..embedding import embed_files

        settings: dict[str, Any] = {"unit": unit, "pooling": pooling, "dtype": dtype, "lines": lines, "key": key}
        settings |= {"initial_state": initial_state, "on_error": on_error, "shard_mb": shard_mb}
        with interruptible(output):
            done = embed_files(
                inputs,
                output,
                model=model,
                layers=layers,
                format=format,
                lang=lang,
                engine=cast(Any, engine),
                n_process=n_process,
                address=ray_address,
                notify=say,
                progress=True,
                **settings,
            )
    counts = f"{done.rows:,} rows, {done.words:,} words, {done.shards:,} shard{'s' * (done.shards != 1)}"
    if done.new or done.output.is_file():
        msg.good(printable(f"Wrote {done.output}: {counts}"))
    else:
        msg.good(printable(f"Finished already: {done.output}: {counts}"))
