"""Commands about words in use."""

from .predict import predict
from .static import static

__all__ = ["predict", "static"]
