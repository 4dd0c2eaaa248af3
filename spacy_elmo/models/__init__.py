"""Names and paths become models; and the models that come with the package."""

from pathlib import Path

from .describe import describe_model
from .load import find_model, load_model, model_names
from .package import package_model

__all__ = ["describe_model", "en_elmo_sm", "find_model", "load_model", "model_names", "package_model"]


def en_elmo_sm() -> Path:
    """Return the model directory of the small English model."""
    return Path(__file__).parent / "en_elmo_sm"
