"""Commands to train models from raw text."""

from .init_pretrain_config import init_pretrain_config
from .perplexity import perplexity
from .pretrain import pretrain

__all__ = ["init_pretrain_config", "perplexity", "pretrain"]
