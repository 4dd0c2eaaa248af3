"""The command `python -m spacy elmo convert`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option
from wasabi import msg

from ..util.files import printable
from .common import Facts, Force, Name, check_target, clear_errors


def convert(
    source: Annotated[str, Argument(help="Published weights, directory that has them, or model to convert again")],
    dest: Annotated[Path, Argument(help="Model directory to write")],
    name: Name = None,
    lang: Annotated[str | None, Option(help="Language code")] = None,
    license: Annotated[str | None, Option(help="Licence of the weights")] = None,
    meta: Facts = None,
    dtype: Annotated[str, Option(help="What is stored: float32 or float16")] = "float32",
    head_dtype: Annotated[
        str | None, Option(help="What the head is stored as: float32, float16 or int8; as --dtype if not given")
    ] = None,
    options: Annotated[Path | None, Option(help="options.json, if it is not beside the weights")] = None,
    embedding: Annotated[Path | None, Option(help="HDF5 file of word vectors that replace the characters")] = None,
    vocab: Annotated[Path | None, Option(help="Words of the embedding, one a line")] = None,
    unknown: Annotated[str | None, Option(help="What words outside the embedding get: row, zeros or error")] = None,
    head: Annotated[bool, Option(help="Keep the language model head, where there is one")] = True,
    force: Force = False,
) -> None:
    """Convert weights of any known format to a model directory."""
    with clear_errors():
        from ..formats import model_directory
        from ..models.load import load_model
        from ..util.files import read_json

        check_target(dest, force=force)
        more = {} if meta is None else read_json(meta)
        model_directory.check_meta(more, source=str(meta))
        published = _given(options=options, embedding=embedding, vocab=vocab, unknown=unknown)
        model, facts, softmax = load_model(source, **published)
        given = _given(name=name, lang=lang, license=license)
        facts = {"name": Path(os.path.realpath(dest)).name, **facts, **more, **given}
        model_directory.write(dest, model, facts, head=softmax if head else None, dtype=dtype, head_dtype=head_dtype)
    msg.good(printable(f"Wrote {facts['name']} to {dest}"))


def _given(**settings: Any) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if value is not None}
