"""A long run: does memory grow, do vectors stay, do threads and Docs of every kind go well?"""

from __future__ import annotations

import random
import resource
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import spacy
from spacy.language import Language

TEXTS = ("The bank raised its rates.", "We sat on the bank of the river.", "", "  \n ", "x" * 5000)


def megabytes() -> int:
    """Return the memory of this process that is in use now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 2**20


def sentences(seed: int) -> Iterator[str]:
    """Yield sentences without end, of known words and of new ones."""
    chance = random.Random(seed)
    while True:
        words = [f"word{chance.paretovariate(0.5):.0f}"[:12] for _ in range(chance.randint(1, 60))]
        yield f"{' '.join(words)}."


def soak(tokens: int, *, model: str = "en_elmo_sm", say: Callable[[str], object] = print) -> float:
    """Run a pipe over so many tokens, and eight threads over one pipe at last.

    Returns:
        The largest difference to the vectors of a few texts as they were at the start.

    Raises:
        AssertionError: For vectors that are not finite.
    """
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": model})
    first = [_layers(nlp, text) for text in TEXTS]
    worst, done, told = 0.0, 0, 0
    for doc in nlp.pipe(sentences(0)):
        assert np.isfinite(doc._.elmo_layers).all()
        done += len(doc)
        if done - told >= tokens / 10:
            told = done
            worst = max(worst, *(_difference(nlp, text, layers) for text, layers in zip(TEXTS, first)))
            say(f"{done:,} tokens: {megabytes():,} MB, largest difference {worst:.2g}")
        if done >= tokens:
            break
    differences: list[float] = []

    def work() -> None:
        for _ in range(30):
            differences.extend(_difference(nlp, text, layers) for text, layers in zip(TEXTS, first))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(differences) == 8 * 30 * len(TEXTS)
    say(f"8 threads, {len(differences):,} texts: largest difference {max(differences):.2g}")
    return max(worst, *differences)


def _layers(nlp: Language, text: str) -> np.ndarray:
    return np.array(nlp(text)._.elmo_layers)


def _difference(nlp: Language, text: str, layers: np.ndarray) -> float:
    return float(np.abs(_layers(nlp, text) - layers).max(initial=0))
