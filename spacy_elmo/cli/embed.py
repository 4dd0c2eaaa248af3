"""The command `python -m spacy elmo embed`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

from typer import Argument, Option
from wasabi import msg

from ..util.files import printable
from .common import clear_errors, interruptible, say


def embed(
    inputs: Annotated[list[str], Argument(help="Files of text, JSON lines, CoNLL-U, IOB or Docs; directories; -")],
    output: Annotated[Path, Argument(help="Directory to write, or HDF5 file")],
    model: Annotated[
        str, Option("--model", "-m", help="Model name, model directory or published weights")
    ] = "en_elmo_sm",
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
    lines: Annotated[
        str,
        Option(help="What a line is: paragraphs, wrapped (parts of them) or sentences (tokenized, read as they are)"),
    ] = "paragraphs",
    key: Annotated[str, Option("--key", help="Key of the text, or of its words, in JSON lines")] = "text",
    lang: Annotated[str | None, Option("--lang", "-l", help="Language whose tokenizer to use; the model's own")] = None,
    initial_state: Annotated[str, Option("--initial-state", help="Before each sentence: warm or zeros")] = "warm",
    on_error: Annotated[str, Option("--on-error", help="Broken records: fail, or skip them")] = "fail",
    shard_mb: Annotated[int, Option("--shard-mb", min=1, max=4096, help="Size of a shard of words, about")] = 64,
    n_process: Annotated[int | None, Option("--n-process", "-n", min=1, help="Processes; one for two cores")] = None,
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
