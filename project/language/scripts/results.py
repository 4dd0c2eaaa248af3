"""The runs that are done: a line of JSON each."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import srsly

from project.shared.results import Result, is_number, read_lines
from spacy_elmo.util.staging import staged

from .settings import Job, Settings

FILE = "runs.jsonl"
ELMO, BASELINE = "with ELMo", "without ELMo"
INIT = "with the first ELMo"  # the model that the pretraining goes on from
SPLITS = ("dev", "test")
SCORES = {
    **{
        "token_f": "tokens, F",
        "sents_f": "sentences, F",
        "tag_acc": "XPOS",
        "pos_acc": "UPOS",
        "morph_acc": "morphology",
    },
    **{"lemma_acc": "lemmas", "dep_uas": "UAS", "dep_las": "LAS"},
    **{"ents_p": "entities, precision", "ents_r": "entities, recall", "ents_f": "entities, F"},
}
PARTS = ("gold", "raw", "unseen", "multiword")
FIELDS = {"key": str, "kind": str, "system": str, "seed": int, "model": str, "scores": dict, "machine": str}
OPTIONAL = ("train_seconds", "train_peak_mb", "speed", "bytes")


def systems(settings: Settings) -> tuple[str, ...]:
    """Return the pipelines that are compared, the fastest first."""
    return (BASELINE, INIT, ELMO) if settings.init else (BASELINE, ELMO)


class Results:
    """The lines of a language. The file is written anew for each, so that it is whole whenever a run is cut off.

    Args:
        job: The files of the language.

    Raises:
        StepError: For a file that has anything else in it; the message names the line.
    """

    def __init__(self, job: Job):
        self.path: Path = job.results / FILE
        self.lines = read_lines(self.path, _check)

    def add(self, result: Result) -> None:
        """Write the file with one more line, in place of one of the same key."""
        self._write([line for line in self.lines if line["key"] != result["key"]] + [result])

    def renew(self, keys: Collection[str]) -> None:
        """Put the lines of some keys behind all others: they are what was asked for last, so they count."""
        lines = sorted(self.lines, key=lambda line: line["key"] in keys)
        if lines != self.lines:
            self._write(lines)

    def _write(self, lines: list[Result]) -> None:
        self.lines = lines
        with staged(self.path.parent, [self.path.name]) as stage:
            srsly.write_jsonl(stage / self.path.name, self.lines)


def _check(run: Any) -> None:
    """Raise ValueError for what is not a run."""
    if not isinstance(run, dict):
        raise ValueError("not an object")
    for key, kind in FIELDS.items():
        if not isinstance(run.get(key), kind):
            raise ValueError(f"no {key} in it, or not {kind.__name__}")
    for key in OPTIONAL:
        if run.get(key) is not None and not is_number(run[key]):
            raise ValueError(f"{key}: not a number")
    for split, scores in run["scores"].items():
        parts = {part: scores.get(part, {}) for part in PARTS} if isinstance(scores, dict) else {"": None}
        for part, values in parts.items():
            if not isinstance(values, dict):
                raise ValueError(f"scores.{split}.{part}: not an object")
            wrong = [name for name in SCORES if not _is_share(values.get(name))]
            wrong += [name for name in ("words",) if not is_number(values.get(name, 0))]
            if wrong or not is_number(scores.get("words", 0)):
                raise ValueError(f"scores.{split}.{part}: {'no share' if wrong else 'words: not a number'} {wrong}")
    for mistake in run.get("confusion") or []:
        if not (isinstance(mistake, list) and list(map(type, mistake)) == [str, str, int]):
            raise ValueError(f"confusion: {mistake!r:.60} is not a tag, a tag and a number")


def _is_share(value: Any) -> bool:
    return value is None or (is_number(value) and 0 <= value <= 1)
