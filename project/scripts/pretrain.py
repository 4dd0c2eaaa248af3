"""Train a biLM from raw text, or go on with its training: python scripts/pretrain.py RECIPE --text FOLDER [--steps N]

RECIPE is a folder with the config of the run. The run is in training/pretrain, under the name of the recipe.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tasks import PROJECT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("recipe", type=Path, help="folder with config.cfg")
    parser.add_argument("--text", type=Path, required=True, help="file or folder of raw text")
    parser.add_argument("--steps", type=int, default=0, help="stop after so many, to go on another time; 0 for all")
    args = parser.parse_args()
    command = ["elmo", "pretrain", args.recipe / "config.cfg", "--output", run_folder(args.recipe), "--resume"]
    command += ["--paths.train", args.text.absolute()]
    command += ["--training.max_steps", args.steps] if args.steps else []
    sys.exit(subprocess.run([sys.executable, "-m", "spacy", *map(str, command)]).returncode)


def run_folder(recipe: Path) -> Path:
    """Return where the run of a recipe is."""
    return PROJECT / "training" / "pretrain" / recipe.resolve().name


if __name__ == "__main__":
    main()
