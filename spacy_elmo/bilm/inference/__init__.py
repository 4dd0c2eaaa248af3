"""The numbers of `BiLM`, without gradients, fast on a CPU."""

from .encoder import Encoder

__all__ = ["Encoder"]
