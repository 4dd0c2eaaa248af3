"""Write random weights of published dimensions in the published format: options.json and an HDF5 file.

python -m benchmarks.random_weights original DIRECTORY
"""

from __future__ import annotations

import argparse
from pathlib import Path

from spacy_elmo.formats import allennlp

from .sizes import random_model, size_names


def main() -> None:
    """Write weights of the size and into the directory that the command line names."""
    parser = argparse.ArgumentParser(description="Write random weights in the published format.")
    parser.add_argument("size", choices=size_names())
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    allennlp.write(args.directory, random_model(args.size, seed=args.seed), {"name": f"random_{args.size}"})


if __name__ == "__main__":
    main()
