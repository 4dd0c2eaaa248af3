"""ELMo beside what else gives words vectors in spaCy; `python -m benchmarks.alternatives --help`."""
