"""ELMo (Peters et al. 2018) for spaCy: deep contextualized word vectors on a CPU."""

import sys

__version__ = "0.1.0"

if sys.modules.get("spacy"):
    # Docs with ELMo vectors may be at hand, read from a DocBin: make `doc._.elmo` work. Without spaCy, import nothing.
    from .tokens import extensions as extensions
