"""A biLM inside a Thinc model: weights that arrive later, no pickle, and a fast path for inference."""

from __future__ import annotations

from typing import Any

import torch
from thinc.api import CupyOps, Shim, get_current_ops

from ..bilm import BiLM
from ..bilm.encoder import Encoder
from ..bilm.storage import model_from_bytes, model_to_bytes


class BiLMShim(Shim):
    """Thinc's access to a biLM that may not be loaded yet.

    device: torch device of the biLM; None follows Thinc (the GPU after `spacy.require_gpu`, else the CPU).
    **encoder_settings: keyword arguments of `Encoder`.
    """

    def __init__(self, *, device: str | None = None, **encoder_settings: Any):
        super().__init__(None, {"device": device, **encoder_settings})
        self.meta: dict[str, Any] = {}
        self._encoder: Encoder | None = None

    @property
    def is_loaded(self) -> bool:
        return self._model is not None

    @property
    def model(self) -> BiLM:
        """The biLM. Raises ValueError before `load`."""
        if self._model is None:
            raise ValueError(
                "the biLM has no weights yet: add the pipe with a `pretrained` name or path, "
                "or load the pipeline from disk, before text is processed"
            )
        return self._model

    @property
    def encoder(self) -> Encoder:
        """The fast path for inference over the current weights."""
        if self._encoder is None:
            settings = {key: value for key, value in self.cfg.items() if key != "device"}
            self._encoder = Encoder(self.model, **settings)
        return self._encoder

    def load(self, model: BiLM, meta: dict[str, Any]) -> None:
        """Take a biLM and the description of its weights."""
        self._model = model.to(_device(self.cfg["device"]))
        self.meta = dict(meta)
        self._encoder = None

    def to_device(self, device_type: str, device_id: int) -> None:
        """Follow the Thinc model to another device, unless the settings name one."""
        if self._model is not None and self.cfg["device"] is None:
            self._model.to(f"cuda:{device_id}" if device_type == "gpu" else "cpu")
            self._encoder = None

    def to_bytes(self) -> bytes:
        """Return configuration, weights and meta; empty before `load`."""
        return b"" if self._model is None else model_to_bytes(self._model, self.meta)

    def from_bytes(self, data: bytes) -> BiLMShim:
        """Load what `to_bytes` returned. Raises WeightsError for bad data."""
        if data:
            self.load(*model_from_bytes(data))
        return self

    def __getstate__(self) -> dict[str, Any]:
        # By value: tensors that travel between processes on their own would move into shared memory.
        return {"id": self.id, "cfg": self.cfg, "data": self.to_bytes()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state["cfg"])  # type: ignore[misc]
        self.id = state["id"]
        self.from_bytes(state["data"])


def _device(name: str | None) -> torch.device:
    if name is not None:
        return torch.device(name)
    ops = get_current_ops()
    return torch.device(f"cuda:{ops.device_id}" if isinstance(ops, CupyOps) else "cpu")
