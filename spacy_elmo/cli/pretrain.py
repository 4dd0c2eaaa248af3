"""`python -m spacy elmo pretrain`."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

from typer import Argument, Context, Exit, Option
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
    --training.max_steps 1000. Started by torchrun, all processes share the work. Interrupted by Ctrl-C or SIGTERM, it
    saves and ends with status 130 or 143."""
    with clear_errors():
        from spacy.cli._util import import_code, parse_config_overrides

        from ..pretraining.config import read_config
        from ..pretraining.pretrain import pretrain_model

        _check_overrides(context.args)
        import_code(code)
        overrides = parse_config_overrides(list(context.args))
        if init is not None:
            overrides["paths.init"] = init
        try:
            outcome = pretrain_model(read_config(config, overrides), output, resume=resume, notify=msg.info)
        except FloatingPointError as error:
            raise ValueError(str(error)) from error
    if not outcome.is_main:
        return
    if not outcome.finished:
        msg.warn(f"Stopped after step {outcome.step}; --resume goes on from there")
        raise Exit(128 + (outcome.signal or signal.SIGTERM))  # as shells say that a signal ended it
    elif not outcome.new_steps:
        msg.good(f"The run is finished: step {outcome.step}; to go on from its model, --init {output}/model-last")
    else:
        msg.good(f"Finished after step {outcome.step}: {output}/model-best and {output}/model-last")


def _check_overrides(arguments: list[str]) -> None:
    """Raise ValueError for an option that is none of the command, and names no setting either."""
    for argument in arguments:
        if argument.startswith("-") and argument[:2] != "--" and not argument[1:2].isdigit():
            raise ValueError(f"{argument}: no option of this command; --help lists them")
        name = argument.partition("=")[0]
        if argument.startswith("--") and "." not in name:
            remedy = "settings have the names of their sections in front, as --training.batch_size 32"
            raise ValueError(f"{name}: no option of this command; {remedy}")
