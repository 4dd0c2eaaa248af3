"""`python -m spacy elmo pretrain`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Context, Option
from wasabi import msg

from .common import clear_errors


def pretrain(
    context: Context,
    config: Annotated[Path, Argument(help="Config file")],
    output: Annotated[Path, Option("--output", "-o", help="Directory of the run")],
    resume: Annotated[bool, Option("--resume", "-r", help="Go on with the run that is there")] = False,
    init: Annotated[
        str | None, Option(help="Model to go on from: name, model directory or published weights")
    ] = None,
    code: Annotated[
        Path | None, Option("--code", "-c", help="Python file with registered functions to import")
    ] = None,
) -> None:
    """Train a model from raw text. Settings of the config can be overridden, as by --paths.train text
    --training.max_steps 1000. Started by torchrun, all processes share the work."""
    with clear_errors():
        from spacy.cli._util import import_code, parse_config_overrides, show_validation_error

        from ..pretraining.config import read_config
        from ..pretraining.pretrain import pretrain_model

        import_code(code)
        overrides = parse_config_overrides(list(context.args))
        if init is not None:
            overrides["paths.init"] = init
        with show_validation_error(config):
            try:
                outcome = pretrain_model(read_config(config, overrides), output, resume=resume, notify=msg.info)
            except FloatingPointError as error:
                raise ValueError(str(error)) from error
    if not outcome.is_main:
        return
    if not outcome.finished:
        msg.warn(f"Stopped after step {outcome.step}; --resume goes on from there")
    elif not outcome.new_steps:
        msg.good(f"The run is finished: step {outcome.step}; to go on from its model, --init {output}/model-last")
    else:
        msg.good(f"Finished after step {outcome.step}: {output}/model-best and {output}/model-last")
