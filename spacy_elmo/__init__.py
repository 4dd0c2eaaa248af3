"""ELMo (Peters et al. 2018) for spaCy: deep contextualized word vectors on a CPU."""

from contextlib import suppress
from typing import TYPE_CHECKING

from .util.lazy import lazy_names

if TYPE_CHECKING:
    from .bilm.inference import Encoder
    from .embedding import embed
    from .models import load_model, model_names
    from .pipeline import Elmo
    from .tokens import set_extensions, set_hooks

__version__ = "0.1.0"
__all__ = ["Elmo", "Encoder", "__version__", "embed", "load_model", "model_names", "set_extensions", "set_hooks"]
__getattr__ = lazy_names(
    __name__,
    {
        "Elmo": ".pipeline",
        "Encoder": ".bilm.inference",
        "embed": ".embedding",
        "load_model": ".models",
        "model_names": ".models",
        "set_extensions": ".tokens",
        "set_hooks": ".tokens",
    },
)

with suppress(ModuleNotFoundError):  # without spaCy, the biLM is still there
    from . import tokens as tokens  # `doc._.elmo` works on Docs that were read from a DocBin
