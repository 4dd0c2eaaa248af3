"""The command `python -m spacy elmo package`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option
from wasabi import msg

from ..util.files import printable
from .common import Facts, Name, clear_errors, say


def package(
    model: Annotated[str, Argument(help="Model name, model directory, run of pretrain")],
    output: Annotated[Path, Argument(help="Directory for the wheel")],
    name: Name = None,
    version: Annotated[str | None, Option(help="Version of the model")] = None,
    meta: Facts = None,
    force: Annotated[bool, Option("--force", "-F", help="Replace a wheel of this name and version")] = False,
) -> None:
    """Make a wheel of a model, to share it: where it is installed, `pretrained` finds it by its name."""
    with clear_errors():
        from ..models.package import package_model
        from ..util.files import read_json

        facts = {} if meta is None else read_json(meta)
        wheel = package_model(model, output, name=name, version=version, meta=facts, force=force, notify=say)
    msg.good(printable(f"Wrote {wheel}; where it is installed, the model is {wheel.name.partition('-')[0]!r}"))
    print(printable(f"pip install {wheel}"))
