"""Text as memory-mapped numbers of words."""
