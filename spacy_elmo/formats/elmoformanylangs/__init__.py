"""Models of ELMoForManyLangs: pickles of tensors, lexicons and JSON, in a folder or a zip file, as NLPL has them."""

from .files import FILES, recognises
from .weights import read

__all__ = ["FILES", "read", "recognises"]
