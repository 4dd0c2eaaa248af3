"""Corpora into files of vectors: shard by shard, so that a run that ends in whatever way goes on where it was."""

from typing import TYPE_CHECKING

from ..util.lazy import lazy_names

if TYPE_CHECKING:
    from .run import Done, embed_files
    from .settings import Settings
    from .shard import do_shard
    from .stream import Embedded, embed

__all__ = ["Done", "Embedded", "Settings", "do_shard", "embed", "embed_files"]
__getattr__ = lazy_names(
    __name__,
    {
        "Done": ".run",
        "Embedded": ".stream",
        "Settings": ".settings",
        "do_shard": ".shard",
        "embed": ".stream",
        "embed_files": ".run",
    },
)
