"""What the layers know: rows of figures, as plain dicts, for a report."""
