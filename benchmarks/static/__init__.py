"""Static vectors of several kinds, of the same text, in the same tagger."""
