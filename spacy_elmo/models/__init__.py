"""The bundled models."""

from pathlib import Path


def en_elmo_sm() -> Path:
    """Return the model directory of the small English model."""
    return Path(__file__).parent / "en_elmo_sm"
