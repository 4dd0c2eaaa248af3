"""Raw text as people have it, made fit to be read: the parts of the step `raw_text`."""
