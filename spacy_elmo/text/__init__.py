"""Files and Docs as sentences of words."""
