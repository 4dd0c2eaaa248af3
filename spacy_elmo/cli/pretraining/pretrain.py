"""`python -m spacy elmo pretrain`."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Annotated

from typer import Argument, Context, Exit, Option
from wasabi import msg

from ..common import GpuId, Init, clear_errors, find_device, say

PATHS = ("--paths.train", "--paths.dev")  # of text


def pretrain(
    context: Context,
    config: Annotated[Path, Argument(help="Config file")],
    output: Annotated[Path, Option("--output", "-o", help="Directory of the run")],
    resume: Annotated[bool, Option("--resume", "-r", help="Go on with the run that is there")] = False,
    init: Init = None,
    code: Annotated[Path | None, Option("--code", "-c", help="Python file with registered functions to import")] = None,
    gpu_id: GpuId = -1,
) -> None:
    """Train a model from raw text. Settings of the config can be overridden, as by --paths.train text
    --training.max_steps 1000; --paths.train and --paths.dev take several files. Started by torchrun, all processes
    share the work. Interrupted by Ctrl-C or SIGTERM, it saves and ends with status 130 or 143."""
    with clear_errors():
        from spacy.cli._util import import_code, parse_config_overrides

        from ...pretraining.config import read_config
        from ...pretraining.pretrain import describe_kept, pretrain_model

        _check_overrides(context.args)
        import_code(code)
        overrides = parse_config_overrides(_with_lists(context.args))
        if init is not None:
            overrides["paths.init"] = init
        try:
            device = find_device(gpu_id, local_rank=int(os.environ.get("LOCAL_RANK", "0")))
            outcome = pretrain_model(read_config(config, overrides), output, resume=resume, device=device, notify=say)
        except FloatingPointError as error:
            raise ValueError(str(error)) from error
        except KeyboardInterrupt:
            msg.warn(f"Interrupted: {describe_kept(output)}")
            raise Exit(128 + signal.SIGINT) from None
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


def _with_lists(arguments: list[str]) -> list[str]:
    """Return the arguments with one list for all values of a path of text: shells turn a pattern into many of them."""
    others: list[str] = []
    paths: dict[str, list[str]] = {}
    place = others
    for argument in arguments:
        name, is_both, value = argument.partition("=")
        if name in PATHS:
            place = paths.setdefault(name, [])
            place += [value] if is_both else []
        elif argument.startswith("--"):
            place = others
            place.append(argument)
        else:
            place.append(argument)
    found = ([name, *(values if len(values) < 2 else [json.dumps(values)])] for name, values in paths.items())
    return [*others, *(argument for pair in found for argument in pair)]
