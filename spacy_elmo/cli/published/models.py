"""The command `python -m spacy elmo models`."""

from __future__ import annotations

from typing import Annotated

from typer import Option
from wasabi import msg

from ..common import clear_errors, print_json


def models(
    lang: Annotated[str | None, Option("--lang", "-l", help="Only models of this language, by its code")] = None,
    as_json: Annotated[bool, Option("--json", help="Print JSON, with the addresses")] = False,
) -> None:
    """List the models that others published, and which of them are downloaded."""
    with clear_errors():
        from ...models.catalogue import catalogue_rows, read_catalogue
        from ...models.load import model_names

        found = [model for model in read_catalogue().values() if lang in (None, model.lang)]
        if not found:
            known = sorted({model.lang for model in read_catalogue().values() if model.lang})
            raise ValueError(f"--lang {lang}: no published model; there are models of {', '.join(known)}")
    if as_json:
        print_json([{**model.to_dict(), "downloaded": model.path.exists()} for model in found])
        return
    header, *rows = catalogue_rows(found)
    here = ["yes" if model.path.exists() else "" for model in found]
    msg.table([(*row, mark) for row, mark in zip(rows, here)], header=(*header, "here"), divider=True, max_col=60)
    msg.text(f"Installed: {', '.join(model_names())}. Get others by `python -m spacy elmo download NAME`")
