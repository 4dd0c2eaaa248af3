"""Uses of words in a corpus, to be searched by what they mean in their context."""

from typing import TYPE_CHECKING

from ...util.lazy import lazy_names

if TYPE_CHECKING:
    from .build import Built, build_index
    from .index import Index, Use, open_index

__all__ = ["Built", "Index", "Use", "build_index", "open_index"]
__getattr__ = lazy_names(
    __name__, {"Built": ".build", "Index": ".index", "Use": ".index", "build_index": ".build", "open_index": ".index"}
)
