"""Uses of words in a corpus, to be searched by what they mean in their context."""

from typing import TYPE_CHECKING

from ...util.lazy import lazy_names

if TYPE_CHECKING:
    from .build import Built, build_index
    from .index import Index, Neighbor, open_index
    from .page import write_neighbors

__all__ = ["Built", "Index", "Neighbor", "build_index", "open_index", "write_neighbors"]
__getattr__ = lazy_names(
    __name__,
    {
        "Built": ".build",
        "Index": ".index",
        "Neighbor": ".index",
        "build_index": ".build",
        "open_index": ".index",
        "write_neighbors": ".page",
    },
)
