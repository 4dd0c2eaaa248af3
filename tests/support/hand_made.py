"""What experiments compare, and results of runs made by hand."""

from __future__ import annotations

from typing import Any

SYSTEMS = ["spaCy's default", "listener without ELMo", "listener", "paper without ELMo", "paper"]
SOURCES = {"lang": "en", "files": {}, "md5": {"train": "1", "dev": "2", "test": "3"}}


def make_result(system: str, seed: int, score: float, *, split: str = "dev", **others: Any) -> dict[str, Any]:
    """Return the line of an NER run, with `score` as its entity F and half of it for unseen words; others: further
    values, those in `corpus` as the checksums of its files."""
    checksums = {"train": "t", "dev": "d", "test": "e"} | others.pop("corpus", {})
    return {
        "key": f"{system} {seed}",
        "task": "ner",
        "system": system,
        "seed": seed,
        "split": split,
        "model": f"training/{system}-{seed}",
        "scores": {"ents_f": score, "speed": 1000.0 + seed},
        "unseen": {"words": 12, "ents_f": score / 2},
        "config": f"config of {system}",
        "weights_md5": "" if "without" in system else "w",
        "corpus": {"md5": checksums},
        "versions": {"spacy": "3.8", "torch": "2.13"},
        "machine": "Linux, 2 cores",
        "runs_at_a_time": 2,
        **({"train_seconds": 10.0 + seed, "train_peak_mb": 500.0} if split == "dev" else {}),
        **others,
    }
