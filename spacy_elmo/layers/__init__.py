"""ELMo as Thinc layers."""

from .bilm import build_bilm, encode_docs
from .inline import build_inline_elmo
from .listener import build_listener
from .scalar_mix import build_scalar_mix, get_weights
from .tok2vec import build_elmo_tok2vec

__all__ = [
    "build_bilm",
    "build_elmo_tok2vec",
    "build_inline_elmo",
    "build_listener",
    "build_scalar_mix",
    "encode_docs",
    "get_weights",
]
