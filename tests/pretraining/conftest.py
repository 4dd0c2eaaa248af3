"""Fixtures of the tests of pretraining."""

from pathlib import Path

import pytest


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A file of eight documents."""
    path = tmp_path / "text.txt"
    lines = [f"The {animal} sat on the {place}. It slept." for animal in ("cat", "dog") for place in ("mat", "bank")]
    path.write_text("\n\n".join(lines * 2), encoding="utf8")
    return path
