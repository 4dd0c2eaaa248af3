"""Names and paths become models; and the models that come with the package."""

from pathlib import Path

from .describe import describe_model
from .load import find_model, load_model, model_names

__all__ = ["describe_model", "en_elmo_sm", "find_model", "load_model", "model_names"]


def en_elmo_sm() -> Path:
    """Return the model directory of the small English model."""
    return Path(__file__).parent / "en_elmo_sm"
