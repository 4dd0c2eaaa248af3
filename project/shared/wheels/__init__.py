"""Wheels: of trained pipelines, of this package and of what they need, and trials of them in new environments."""
