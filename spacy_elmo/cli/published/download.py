"""The command `python -m spacy elmo download`."""

from __future__ import annotations

from typing import Annotated

from typer import Argument
from wasabi import msg

from ...util.files import printable
from ..common import clear_errors


def download(name: Annotated[str, Argument(help="Name of a published model, see `models`")]) -> None:
    """Download a published model, so that its name can be used as `pretrained`."""
    with clear_errors():
        from ...models.catalogue import find_published
        from ...models.download import download as download_model

        is_there = find_published(name).folder.exists()
        path = download_model(name)
    found = "was there already, and its files are those that were downloaded" if is_there else "is downloaded"
    msg.good(printable(f"{name} {found}: {path}"))
