"""What a Doc carries of ELMo: the data, the extensions that show it, and spaCy's own vectors."""

from .data import ElmoData, get_data
from .extensions import set_extensions
from .hooks import set_hooks
from .mix import mix_layers, resolve_mix

__all__ = ["ElmoData", "get_data", "mix_layers", "resolve_mix", "set_extensions", "set_hooks"]
