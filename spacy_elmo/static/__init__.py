"""Words into one vector each: the mean of what a model gives them in the contexts of a corpus."""

from typing import TYPE_CHECKING

from ..util.lazy import lazy_names

if TYPE_CHECKING:
    from .means import StaticVectors, static_vectors
    from .write import write_static

__all__ = ["StaticVectors", "static_vectors", "write_static"]
__getattr__ = lazy_names(__name__, {"StaticVectors": ".means", "static_vectors": ".means", "write_static": ".write"})
