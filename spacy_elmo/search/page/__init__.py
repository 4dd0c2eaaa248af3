"""Uses of words as a page to look at."""

from .use import Entry, Use, entry_of
from .write import write_entries, write_page

__all__ = ["Entry", "Use", "entry_of", "write_entries", "write_page"]
