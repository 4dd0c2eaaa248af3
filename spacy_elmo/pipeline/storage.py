"""What a Doc keeps of the layers, and which of them have to be computed for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from spacy.tokens import Doc

from ..tokens.data import ElmoData, set_data, token_offsets
from ..tokens.hooks import set_hooks
from ..tokens.mix import Mix, check_mix, mix_layers, resolve_mix, to_dtype
from ..util.checks import check_choice
from ..util.types import Floats1d, Floats3d

Store: TypeAlias = Literal["layers", "mix"] | None
Dtype: TypeAlias = Literal["float32", "float16"]
Vectors: TypeAlias = Literal["auto"] | None
LARGEST_GAMMA = 1e6  # those that tasks learn are near 1


@dataclass(frozen=True)
class Storage:
    """What a Doc keeps of the layers.

    Attributes:
        mix: How layers become one vector: "average", "top", a layer number (0 is the word without context), or L + 1
            weights of at least 0 that sum to 1.
        gamma: Factor on the mixed vector, between -1e6 and 1e6.
        store: What the Doc keeps: "layers" (and the mix from them), "mix", or None for nothing.
        dtype: "float32" or "float16", of what is stored, cached and given to listeners.
        vectors: "auto" gives `.vector` and `.similarity` of Docs, spans and tokens; None leaves them to spaCy.

    Raises:
        ValueError: For a setting out of range.
    """

    mix: Mix = "average"
    gamma: float = 1.0
    store: Store = "layers"
    dtype: Dtype = "float32"
    vectors: Vectors = "auto"

    def __post_init__(self) -> None:
        check_choice("store", self.store, Store)
        check_choice("dtype", self.dtype, Dtype)
        check_choice("vectors", self.vectors, Vectors)
        check_mix(self.mix)
        if not isinstance(self.gamma, (int, float)) or not abs(self.gamma) <= LARGEST_GAMMA:
            raise ValueError(f"gamma = {self.gamma!r}: must be a number from -{LARGEST_GAMMA:g} to {LARGEST_GAMMA:g}")

    def weights(self, n_layers: int) -> Floats1d:
        """Return (layers,): the weight of each layer in the mixed vector, gamma included.

        Raises:
            ValueError: Where the mix does not fit so many layers.
        """
        return resolve_mix(self.mix, n_layers) * np.float32(self.gamma)

    def needed_layers(self, n_layers: int, *, for_listeners: bool) -> list[int]:
        """Return the layers to compute: all, those with a weight in the mix, or none."""
        if self.store == "layers" or for_listeners:
            return list(range(n_layers))
        return np.flatnonzero(self.weights(n_layers)).tolist() if self.store == "mix" else []

    def make_data(self, doc: Doc, layers: Floats3d, n_layers: int, *, for_listeners: bool) -> ElmoData:
        """Return what the Doc gets.

        Args:
            doc: The Doc.
            layers: (needed layers, tokens, width).
            n_layers: L + 1.
            for_listeners: Whether components listen, which read all layers.

        Raises:
            ValueError: Where a number is beyond the type.
        """
        weights = self.weights(n_layers)
        stored = to_dtype(layers, self.dtype) if self.store == "layers" else None
        features = to_dtype(layers, self.dtype) if for_listeners else None
        mixed = None
        if self.store == "mix":
            needed = self.needed_layers(n_layers, for_listeners=for_listeners)
            mixed = to_dtype(mix_layers(layers, weights[needed]), self.dtype)
        return ElmoData(layers=stored, mixed=mixed, weights=weights, offsets=token_offsets(doc), features=features)

    def annotate(self, doc: Doc, data: ElmoData, name: str) -> None:
        """Put the data of a pipe on the Doc, and spaCy's vectors with them."""
        set_data(doc, data, name)
        if self.vectors == "auto" and self.store is not None:
            set_hooks(doc, name)
