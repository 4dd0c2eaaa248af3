"""The training loop."""

from .distributed import LostProcessError, World, join
from .limits import Limits
from .perplexity import Perplexity, TextPerplexity, text_perplexity
from .run import Outcome, run_training
from .settings import RunSettings, Text
from .trainer import Progress, Trainer

__all__ = [
    "Limits",
    "LostProcessError",
    "Outcome",
    "Perplexity",
    "Progress",
    "RunSettings",
    "Text",
    "TextPerplexity",
    "Trainer",
    "World",
    "join",
    "run_training",
    "text_perplexity",
]
