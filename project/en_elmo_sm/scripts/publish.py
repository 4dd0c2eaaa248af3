"""Turn what pretraining left into a model to ship.

python -m scripts.publish MODEL --heldout FOLDER

MODEL is a folder with facts for people (meta.json) and a LICENSE. A model directory of its name is written into
packages/, in half precision, and its softmax in 8 bits. What the run knows goes into its meta.json, and the perplexity
of each held-out text, which results/ has as a table.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from wasabi import MarkdownRenderer, msg, table

from project.shared.arguments import Parser, clear_errors, given_path
from project.shared.publish import DIRECTIONS, publish
from project.shared.workspace import Workspace
from spacy_elmo.util.files import read_json, read_text

from .pretrain import find_runs, model_folder


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = Parser("Turn what pretraining left into a model to ship")
    parser.add_argument("model", type=given_path, help="folder with meta.json and LICENSE")
    parser.add_argument("--heldout", type=given_path, required=True, help="folder of held-out texts")
    args = parser.parse_args(arguments)
    folder = model_folder(workspace, args.model)
    meta, license_text = read_json(folder / "meta.json"), read_text(folder / "LICENSE")  # before what takes long
    dest, heldout = workspace.packages / folder.name, workspace.root / args.heldout
    *before, run = (path for _, path in find_runs(workspace, folder))
    by_source = publish(run, dest, meta, license_text=license_text, heldout=heldout, before=before)
    header, cells = ["", "words", *DIRECTIONS], [[name, *map(str, facts.values())] for name, facts in by_source.items()]
    print(table(cells, header=header, divider=True))
    page = workspace.results / f"{folder.name}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(MarkdownRenderer().table(cells, header) + "\n", encoding="utf8")
    msg.good(f"Wrote {dest} and {page}")


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
