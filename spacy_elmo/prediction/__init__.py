"""What a language model expects: words at a place, substitutes, surprisals."""

from .expected import Expected, Rank, expect
from .language_model import LanguageModel
from .pipe import ElmoSurprisal, make_surprisal
from .place import Place, read_place
from .substitutes import Substitute, find_substitutes
from .surprisal import log_probability

__all__ = [
    "ElmoSurprisal",
    "Expected",
    "LanguageModel",
    "Place",
    "Rank",
    "Substitute",
    "expect",
    "find_substitutes",
    "log_probability",
    "make_surprisal",
    "read_place",
]
