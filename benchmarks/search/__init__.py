"""Search in an index of vectors."""
