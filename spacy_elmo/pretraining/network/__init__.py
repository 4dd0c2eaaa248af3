"""The biLM and its softmax with gradients written by hand."""

from .head import Likelihoods, change_vocabulary
from .objective import Losses, Objective
from .softmax import AdaptiveSoftmax, FullSoftmax, SampledSoftmax, Softmax

__all__ = [
    "AdaptiveSoftmax",
    "FullSoftmax",
    "Likelihoods",
    "Losses",
    "Objective",
    "SampledSoftmax",
    "Softmax",
    "change_vocabulary",
]
