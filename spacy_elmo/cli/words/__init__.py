"""Commands about words in use."""

from .static import static

__all__ = ["static"]
