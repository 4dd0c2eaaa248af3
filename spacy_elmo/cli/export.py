"""The command `python -m spacy elmo export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument
from wasabi import msg

from ..util.files import printable
from .common import Force, check_target, clear_errors


def export(
    source: Annotated[str, Argument(help="Model name or directory")],
    dest: Annotated[Path, Argument(help="Directory to write weights.hdf5 and options.json to")],
    force: Force = False,
) -> None:
    """Write a model in the published format (HDF5 and options.json) that AllenNLP and bilm-tf read."""
    with clear_errors():
        from ..formats import allennlp
        from ..models.load import load_model

        check_target(dest, force=force)
        model, meta, head = load_model(source)
        allennlp.write(dest, model, meta, head=head)
    msg.good(printable(f"Wrote {meta.get('name') or 'the model'} to {dest}"))
