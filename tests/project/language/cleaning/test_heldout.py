"""Which documents are held out."""

from __future__ import annotations

import pytest

from project.language.scripts.cleaning.heldout import HeldOut


@pytest.mark.parametrize(
    ("documents", "words"),
    [(100, 10_000), (1_000, 20_000), (3_000, 30_000), (20_000, 50_000)],
    ids=["a tenth", "enough", "a hundredth", "more than well"],
)
def test_share_of_the_words(documents: int, words: int):
    heldout = HeldOut()
    for i in range(documents):
        heldout.add([f"document {i}"], 1_000)
    assert 1_000 * len(heldout.choose()) == words
