"""Train a biLM from raw text, or go on with its training.

python -m scripts.pretrain MODEL --text FOLDER [--weights LIST] [--steps N]

The command of the package, with options that are there or not: a line of project.yml cannot say this.
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


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = Parser("Train a biLM from raw text, or go on with its training")
    parser.add_argument("model", type=given_path, help="folder with config.cfg")
    parser.add_argument("--text", type=given_path, required=True, help="file or folder of raw text")
    parser.add_argument(
        "--steps", type=whole_number(0), default=0, help="stop after so many, to go on another time; 0 for all"
    )
    parser.add_argument(
        "--weights", type=source_weights, default=[], help="how often a pass reads some files, as *_novels.txt=0.5"
    )
    args = parser.parse_args(arguments)
    model = model_folder(workspace, args.model)
    command = ["elmo", "pretrain", model / "config.cfg", "--output", run_folder(workspace, model), "--resume"]
    command += ["--paths.train", workspace.root / args.text]
    command += ["--corpus.train.weights", json.dumps(args.weights)] if args.weights else []
    command += ["--training.max_steps", args.steps] if args.steps else []
    sys.exit(run_command(command))


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
    if not (folder / "config.cfg").is_file():
        raise StepError(f"{folder / 'config.cfg'}: no such file; name the folder that has it with --vars.model")
    return folder


def run_folder(workspace: Workspace, model: Path) -> Path:
    """Return where the run of a model is."""
    return workspace.training / model.name


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
