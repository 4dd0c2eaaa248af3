"""Files of text and of words that people bring, read as what they hold."""

from .opened import check_is_text, open_bytes, open_text, refuse_nul
from .words import read_word_list

__all__ = ["check_is_text", "open_bytes", "open_text", "read_word_list", "refuse_nul"]
