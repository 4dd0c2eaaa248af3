"""The senses of words, as a few examples show them."""

from .component import ElmoSenses
from .labeled import LabeledUse, find_use, group_by_sense, read_labeled
from .nearest import WordSenses

__all__ = ["ElmoSenses", "LabeledUse", "WordSenses", "find_use", "group_by_sense", "read_labeled"]
