"""Uses of words by meaning."""

from .accuracy import Accuracy, SenseReport, measure_senses
from .examples import EXAMPLES
from .senses import example_uses, find_word, nearest_uses, separation, similarities
from .show import find_uses, in_context, show_example, show_uses, write_examples

__all__ = [
    "EXAMPLES",
    "Accuracy",
    "SenseReport",
    "example_uses",
    "find_uses",
    "find_word",
    "in_context",
    "measure_senses",
    "nearest_uses",
    "separation",
    "show_example",
    "show_uses",
    "similarities",
    "write_examples",
]
