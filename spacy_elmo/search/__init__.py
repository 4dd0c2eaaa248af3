"""Uses of words by meaning."""
