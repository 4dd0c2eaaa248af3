"""Train a biLM from raw text, or go on with its training.

python -m scripts.pretrain MODEL --text FOLDER [--weights LIST] [--steps N]

The command of the package, with options that are there or not: a line of project.yml cannot say this. Where the model
has a continue.cfg, a second run goes on by it from the model of the first.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from project.shared.arguments import Parser, StepError, clear_errors, given_path, whole_number
from project.shared.commands import run_command
from project.shared.workspace import Workspace

CONFIG, CONTINUED = "config.cfg", "continue.cfg"  # of the first run, and of one that goes on from its model


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = Parser("Train a biLM from raw text, or go on with its training")
    parser.add_argument("model", type=given_path, help="folder with config.cfg, and continue.cfg for a second run")
    parser.add_argument("--text", type=given_path, required=True, help="file or folder of raw text")
    parser.add_argument(
        "--steps", type=whole_number(0), default=0, help="stop after so many of the first run; 0 for all"
    )
    parser.add_argument(
        "--weights", type=source_weights, default=[], help="how often a pass reads some files, as *_novels.txt=0.5"
    )
    args = parser.parse_args(arguments)
    model = model_folder(workspace, args.model)
    runs = find_runs(workspace, model)
    for config, run in runs[:1] if args.steps else runs:
        command = ["elmo", "pretrain", model / config, "--output", run, "--resume"]
        command += ["--paths.train", workspace.root / args.text]
        command += ["--corpus.train.weights", json.dumps(args.weights)] if args.weights else []
        command += ["--training.max_steps", args.steps] if args.steps else []
        command += ["--paths.init", runs[0][1] / "model-last"] if config != CONFIG else []
        if status := run_command(command):
            sys.exit(status)


def source_weights(value: str) -> list[tuple[str, float]]:
    """Return the pairs of a list as `*_novels.txt=0.5, manual.txt=2`; none for an empty one."""
    pairs = [part.rpartition("=") for part in value.split(",") if part.strip()]
    try:
        return [(pattern.strip(), float(weight)) for pattern, _, weight in pairs]
    except ValueError:
        problem = "must be names of files with numbers, as *_novels.txt=0.5, manual.txt=2"
        raise argparse.ArgumentTypeError(f"{value!r}: {problem}") from None


def model_folder(workspace: Workspace, path: Path) -> Path:
    """Return the folder that a model is made of. Raises StepError for one that is not there."""
    folder = (workspace.root / path).resolve()
    if not (folder / CONFIG).is_file():
        raise StepError(f"{folder / CONFIG}: no such file; name the folder that has it with --vars.model")
    return folder


def find_runs(workspace: Workspace, model: Path) -> list[tuple[str, Path]]:
    """Return the name of the config and the directory of each run of a model, one or two."""
    runs = [(CONFIG, workspace.training / model.name)]
    if (model / CONTINUED).is_file():
        runs.append((CONTINUED, workspace.training / f"{model.name}-continued"))
    return runs


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
