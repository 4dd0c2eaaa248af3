"""Files and Docs as sentences of words. The readers of files know no spaCy."""

from typing import TYPE_CHECKING

from ..util.lazy import lazy_names
from .readers import CorpusError, describe_files, find_files, read_documents

if TYPE_CHECKING:
    from .sentences import SpanGetter, configure_docs, configure_sentences, configure_windows
    from .tokenize import find_text, tokenize_files

__all__ = [
    "CorpusError",
    "SpanGetter",
    "configure_docs",
    "configure_sentences",
    "configure_windows",
    "describe_files",
    "find_files",
    "find_text",
    "read_documents",
    "tokenize_files",
]
_SENTENCES = ("SpanGetter", "configure_docs", "configure_sentences", "configure_windows")
__getattr__ = lazy_names(
    __name__,
    {**dict.fromkeys(_SENTENCES, ".sentences"), "find_text": ".tokenize", "tokenize_files": ".tokenize"},
)
