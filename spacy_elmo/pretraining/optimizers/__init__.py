"""How weights change in a step, and what is kept for it."""

from .averages import Averages
from .optimizer import Optimizer
from .schedules import Schedule, by_step, constant, cosine, inverse_sqrt
from .soap import Soap

__all__ = ["Averages", "Optimizer", "Schedule", "Soap", "by_step", "constant", "cosine", "inverse_sqrt"]
