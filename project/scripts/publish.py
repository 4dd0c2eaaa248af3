"""Turn what pretraining left into a model to ship: python scripts/publish.py RECIPE --heldout FOLDER

RECIPE is a folder with facts for people (meta.json) and a LICENSE. A model directory of its name is written into
packages/, in half precision, without the softmax. What the run knows goes into its meta.json, and the perplexity of
each held-out text, which results/pretrain has as a table.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import srsly
from pretrain import run_folder
from tasks import PROJECT
from wasabi import msg, table

from spacy_elmo.cli.perplexity import measure_files
from spacy_elmo.formats import model_directory
from spacy_elmo.models.load import load_model
from spacy_elmo.util.files import read_text

OF_THE_RUN = ("lang", "steps", "words", "seconds")
DIRECTIONS = ("forward", "backward", "mean")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("recipe", type=Path, help="folder with meta.json and LICENSE")
    parser.add_argument("--heldout", type=Path, required=True, help="folder of held-out texts")
    args = parser.parse_args()
    try:
        publish(args.recipe, args.heldout)
    except (ValueError, OSError) as error:
        msg.fail(str(error), exits=1)


def publish(recipe: Path, heldout: Path) -> None:
    """Write the model directory and the table. Raises ValueError and OSError with what to do."""
    trained = str(run_folder(recipe) / "model-best")
    model, run, head = load_model(trained)
    if head is None:
        raise ValueError(f"{trained}: has no softmax to measure perplexities with; train with another one")
    rows = measure_files(trained, [heldout], vocab=None, lang=run["lang"], n_process=1)
    by_source = {Path(row["text"]).stem: describe(row) for row in rows}
    meta = srsly.read_json(recipe / "meta.json")
    meta |= {"license_text": read_text(recipe / "LICENSE"), **{key: run[key] for key in OF_THE_RUN}}
    # with digests, so that whoever repeats the run sees whether the text is the same
    meta["training_files"] = run["training_data"]
    meta["perplexity"] = {key: overall(by_source, key) for key in DIRECTIONS}
    meta["perplexity_by_source"] = by_source
    meta["evaluation"] = f"held-out text of all sources; softmax over all {len(head.words):,} words, <UNK> included"
    dest = PROJECT / "packages" / recipe.resolve().name
    model_directory.write(dest, model, meta, dtype="float16")
    header, cells = ["", "words", *DIRECTIONS], [[name, *map(str, facts.values())] for name, facts in by_source.items()]
    print(table(cells, header=header, divider=True))
    lines = [f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *cells)]
    page = PROJECT / "results" / "pretrain" / f"{dest.name}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n".join(lines) + "\n", encoding="utf8")
    msg.good(f"Wrote {dest} and {page}")


def describe(row: dict[str, Any]) -> dict[str, float]:
    """Return the number of words and the perplexities of a text, for people."""
    return {"words": row["words"], **{key: round(row[key], 1) for key in DIRECTIONS}}


def overall(by_source: dict[str, dict[str, float]], key: str) -> float:
    """Return a perplexity over all words of all texts."""
    nats = sum(facts["words"] * math.log(facts[key]) for facts in by_source.values())
    return round(math.exp(nats / sum(facts["words"] for facts in by_source.values())), 1)


if __name__ == "__main__":
    main()
