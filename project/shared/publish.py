"""What pretraining left, as a model to ship."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wasabi import msg

from spacy_elmo.formats import model_directory
from spacy_elmo.models.load import load_model
from spacy_elmo.pretraining.evaluate import measure_files
from spacy_elmo.util.files import read_json

from .arguments import StepError

SUMS = ("steps", "words", "seconds")  # of all runs that a model went through
OF_THE_RUN = ("lang", *SUMS)
DIRECTIONS = ("forward", "backward", "mean")

Rows = dict[str, dict[str, float]]  # words and perplexities by source


def publish(
    run: Path,
    dest: Path,
    meta: dict[str, Any],
    *,
    license_text: str,
    heldout: Path,
    tokenizer: str | None = None,
    before: Sequence[Path] = (),
) -> Rows:
    """Write the model directory of a run, in half precision, and its softmax in 8 bits.

    Its meta.json has what the run knows, and the perplexity of held-out texts.

    Args:
        run: The directory of the run.
        dest: That of the model.
        meta: Facts for people.
        license_text: Text of the license.
        heldout: A file, folder or pattern of held-out texts.
        tokenizer: A pipeline whose tokenizer splits them; None for that of the language.
        before: The directories of runs that it went on from, whose steps, tokens and seconds count as well.

    Returns:
        Words and perplexities of each text.

    Raises:
        ValueError: If the run has no model, or one whose perplexity cannot be measured.
        OSError: If a file cannot be read or written.
    """
    trained = str(run / "model-best")
    model, found, head = load_model(trained)
    if head is None:
        raise ValueError(f"{trained}: has no softmax to measure perplexities with; train with another one")
    if lacking := [key for key in (*OF_THE_RUN, "training_data") if key not in found]:
        raise StepError(f"{trained}: its meta.json has no {lacking[0]}; give the run of the step `pretrain`")
    msg.info(f"Measuring the perplexity of {heldout}")
    rows = measure_files(trained, [heldout], vocab=None, lang=found["lang"], tokenizer=tokenizer, n_process=1)
    by_source = {Path(row["text"]).stem: describe(row) for row in rows}
    for earlier in before:
        facts = read_json(earlier / "model-last" / "meta.json")
        found |= {key: round(found[key] + facts.get(key, 0), 1) for key in SUMS}
    meta = meta | {"license_text": license_text, **{key: found[key] for key in OF_THE_RUN}}
    # with digests, so that whoever repeats the run sees whether the text is the same
    meta["training_files"] = found["training_data"]
    meta["perplexity"] = {key: overall(by_source, key) for key in DIRECTIONS}
    meta["perplexity_by_source"] = by_source
    meta["evaluation"] = f"held-out text of all sources; softmax over all {len(head.words):,} words, <UNK> included"
    model_directory.write(dest, model, meta, head=head, dtype="float16", head_dtype="int8")
    return by_source


def describe(row: dict[str, Any]) -> dict[str, float]:
    """Return the number of words and the perplexities of a text, for people."""
    return {"words": row["words"], **{key: round(row[key], 1) for key in DIRECTIONS}}


def overall(by_source: Rows, key: str) -> float:
    """Return a perplexity over all words of all texts."""
    nats = sum(facts["words"] * math.log(facts[key]) for facts in by_source.values())
    return round(math.exp(nats / sum(facts["words"] for facts in by_source.values())), 1)
