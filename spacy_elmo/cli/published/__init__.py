"""Commands for models that others published."""

from .download import download
from .models import models

__all__ = ["download", "models"]
