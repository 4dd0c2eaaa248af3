"""Uses of a word with vectors made for tests."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spacy_elmo.search.page import Entry, Use


def make_entry(name: str, senses: Sequence[str | None], *, side: str = "", seed: int = 0) -> Entry:
    """Return uses whose vectors are equal in layer 0, and in groups above: the first half and the second.

    Args:
        name: The word.
        senses: The sense of each use.
        side: Text on both sides of each.
        seed: Of the vectors.
    """
    random = np.random.default_rng(seed)
    count = len(senses)
    centers = np.eye(16)[(np.arange(count) >= count / 2).astype(int)]
    layers = [np.ones((count, 16)), *(centers + scale * random.normal(size=(count, 16)) for scale in (0.3, 0.2))]
    uses = [
        Use(f"{side}Before {i} the ", name, f" after {i}.{side}", f"file {i}", sense) for i, sense in enumerate(senses)
    ]
    return Entry(name, uses, np.stack(layers).astype(np.float32))


def read_page(path: Path) -> list[dict[str, Any]]:
    """Return what the script of a page reads."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text(encoding="utf8"))
    assert found is not None
    return json.loads(found[1])
