"""The models of the six tasks (Peters et al. 2018, section 4), as components of spaCy."""
