"""Text as memory-mapped numbers of words."""

from .mapped import Corpus
from .prepare import CorpusSettings, Prepared, open_prepared, prepare_corpus
from .vocabulary import MARKERS, Vocabulary
from .windows import Window, Windows

__all__ = [
    "MARKERS",
    "Corpus",
    "CorpusSettings",
    "Prepared",
    "Vocabulary",
    "Window",
    "Windows",
    "open_prepared",
    "prepare_corpus",
]
