"""The component, and configs to train with it."""

from .elmo import Elmo
from .factory import make_elmo
from .mixes import find_mixes
from .recipes import make_config
from .storage import Storage

__all__ = ["Elmo", "Storage", "find_mixes", "make_config", "make_elmo"]
