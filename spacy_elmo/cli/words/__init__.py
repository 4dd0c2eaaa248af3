"""Commands about words in use."""

from .index import index
from .neighbors import neighbors
from .predict import predict
from .probe import probe
from .static import static

__all__ = ["index", "neighbors", "predict", "probe", "static"]
