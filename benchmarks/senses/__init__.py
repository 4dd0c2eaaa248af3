"""Twenty ambiguous words, and what of the vectors tells their senses apart."""
