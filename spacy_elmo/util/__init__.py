"""What every other room stands on: files, threads, checks, batches. Knows no spaCy."""

from .batches import batch_by_size
from .checks import check_choice, check_size
from .files import WeightsError
from .lazy import lazy_names
from .staging import WriteError

__all__ = ["WeightsError", "WriteError", "batch_by_size", "check_choice", "check_size", "lazy_names"]
