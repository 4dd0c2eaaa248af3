"""The project that makes the bundled model."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def source() -> Path:
    """The project as it ships, to read only."""
    return Path(__file__).parents[3] / "project" / "en_elmo_sm"
