"""Turn what pretraining left into a model to ship.

python -m scripts.publish MODEL --heldout FOLDER

MODEL is a folder with facts for people (meta.json) and a LICENSE. A model directory of its name is written into
packages/, in half precision, and its softmax in 8 bits. What the run knows goes into its meta.json, and the perplexity
of each held-out text, which results/ has as a table.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wasabi import MarkdownRenderer, msg, table

from project.shared.arguments import Parser, StepError, clear_errors, given_path
from project.shared.workspace import Workspace
from spacy_elmo.formats import model_directory
from spacy_elmo.models.load import load_model
from spacy_elmo.pretraining.evaluate import measure_files
from spacy_elmo.util.files import read_json, read_text

from .pretrain import model_folder, run_folder

OF_THE_RUN = ("lang", "steps", "words", "seconds")
DIRECTIONS = ("forward", "backward", "mean")


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = Parser("Turn what pretraining left into a model to ship")
    parser.add_argument("model", type=given_path, help="folder with meta.json and LICENSE")
    parser.add_argument("--heldout", type=given_path, required=True, help="folder of held-out texts")
    args = parser.parse_args(arguments)
    publish(workspace, model_folder(workspace, args.model), workspace.root / args.heldout)


def publish(workspace: Workspace, folder: Path, heldout: Path) -> None:
    """Write the model directory and the table.

    Args:
        workspace: The project.
        folder: A folder with meta.json and LICENSE; its name is the model's.
        heldout: A file or folder of held-out texts.

    Raises:
        ValueError: If the run has no model, or one whose perplexity cannot be measured.
        OSError: If a file cannot be read or written.
    """
    meta, license_text = read_json(folder / "meta.json"), read_text(folder / "LICENSE")  # before what takes long
    trained = str(run_folder(workspace, folder) / "model-best")
    model, run, head = load_model(trained)
    if head is None:
        raise ValueError(f"{trained}: has no softmax to measure perplexities with; train with another one")
    if lacking := [key for key in (*OF_THE_RUN, "training_data") if key not in run]:
        raise StepError(f"{trained}: its meta.json has no {lacking[0]}; give the run of the step `pretrain`")
    msg.info(f"Measuring the perplexity of {heldout}")
    rows = measure_files(trained, [heldout], vocab=None, lang=run["lang"], n_process=1)
    by_source = {Path(row["text"]).stem: describe(row) for row in rows}
    meta |= {"license_text": license_text, **{key: run[key] for key in OF_THE_RUN}}
    # with digests, so that whoever repeats the run sees whether the text is the same
    meta["training_files"] = run["training_data"]
    meta["perplexity"] = {key: overall(by_source, key) for key in DIRECTIONS}
    meta["perplexity_by_source"] = by_source
    meta["evaluation"] = f"held-out text of all sources; softmax over all {len(head.words):,} words, <UNK> included"
    dest = workspace.packages / folder.name
    model_directory.write(dest, model, meta, head=head, dtype="float16", head_dtype="int8")
    header, cells = ["", "words", *DIRECTIONS], [[name, *map(str, facts.values())] for name, facts in by_source.items()]
    print(table(cells, header=header, divider=True))
    page = workspace.results / f"{folder.name}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(MarkdownRenderer().table(cells, header) + "\n", encoding="utf8")
    msg.good(f"Wrote {dest} and {page}")


def describe(row: dict[str, Any]) -> dict[str, float]:
    """Return the number of words and the perplexities of a text, for people."""
    return {"words": row["words"], **{key: round(row[key], 1) for key in DIRECTIONS}}


def overall(by_source: dict[str, dict[str, float]], key: str) -> float:
    """Return a perplexity over all words of all texts."""
    nats = sum(facts["words"] * math.log(facts[key]) for facts in by_source.values())
    return round(math.exp(nats / sum(facts["words"] for facts in by_source.values())), 1)


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
