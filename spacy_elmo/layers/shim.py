"""A biLM inside a Thinc model: weights that arrive later, no pickle, and a fast path for inference."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, Sequence

import torch
from thinc.api import CupyOps, Optimizer, Shim, get_current_ops, torch2xp, xp2torch

from ..bilm import BiLM
from ..bilm.inference.encoder import Encoder
from ..formats import Pretrained, model_directory
from ..util.types import Floats3d
from .sentence_cache import SentenceCache


class BiLMShim(Shim):
    """Thinc's access to a biLM that may not be loaded yet.

    device: torch device of the biLM; None follows Thinc (the GPU after `spacy.require_gpu`, else the CPU).
    **encoder_settings: keyword arguments of `Encoder`.
    """

    def __init__(self, *, device: str | None = None, **encoder_settings: Any):
        super().__init__(None, {"device": device, **encoder_settings})
        self.meta: dict[str, Any] = {}
        self.learn_rate_factor: float | None = None
        self.cache: SentenceCache | None = None
        self._encoder: Encoder | None = None

    @property
    def is_loaded(self) -> bool:
        return self._model is not None

    @property
    def is_trainable(self) -> bool:
        return self.learn_rate_factor is not None

    def train(self, learn_rate_factor: float) -> None:
        """Train the parameters from now on, at this factor of the optimizer's learning rate."""
        self.learn_rate_factor = learn_rate_factor
        if self.is_loaded:
            self._unfreeze()

    def freeze(self) -> None:
        """Train no longer."""
        self.learn_rate_factor = None
        if self.is_loaded:
            self.model.requires_grad_(False)

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

    def encode(self, sentences: Sequence[Sequence[str]], layers: Sequence[int] | None = None) -> Floats3d:
        """Return (layers, words of all sentences, width) without gradients; layers: which, all if None."""
        if self.cache is None or (layers is not None and len(layers) < self.model.config.n_outputs):
            return self.encoder.encode(sentences, layers=layers)
        if self.cache.is_over:
            self.cache = None
            return self.encode(sentences, layers)
        return self.cache.encode(sentences, self.encoder.encode)

    def load(self, pretrained: Pretrained) -> None:
        """Take a biLM and the facts about it."""
        self._model = pretrained.model.to(_device(self.cfg["device"]))
        self.meta = dict(pretrained.meta)
        self.cache = None
        self._encoder = None
        if self.is_trainable:
            self._unfreeze()

    def to_device(self, device_type: str, device_id: int) -> None:
        """Follow the Thinc model to another device, unless the settings name one."""
        if self._model is not None and self.cfg["device"] is None:
            self._model.to(f"cuda:{device_id}" if device_type == "gpu" else "cpu")
            self._encoder = None

    def finish_update(self, optimizer: Optimizer) -> None:
        """Give the parameters and their gradients to Thinc's optimizer."""
        if self.learn_rate_factor is None:
            return
        for name, parameter in self.model.named_parameters():
            if parameter.grad is not None:
                weights: Any = torch2xp(parameter.detach())
                gradient: Any = torch2xp(parameter.grad)
                updated, _ = optimizer((self.id, name), weights, gradient, lr_scale=self.learn_rate_factor)
                self._set(parameter, updated)
                parameter.grad = None

    @contextmanager
    def use_params(self, params: dict[tuple[int, str], Any]) -> Iterator[None]:
        """Compute with other values of the parameters (the averages of an optimizer) for a while."""
        named = dict(self.model.named_parameters()) if self.is_loaded and self.is_trainable else {}
        replaced = {name: params[self.id, name] for name in named if (self.id, name) in params}
        backup = {name: named[name].detach().clone() for name in replaced}
        for name, values in replaced.items():
            self._set(named[name], values)
        try:
            yield
        finally:
            for name, tensor in backup.items():
                self._set(named[name], tensor)

    def _set(self, parameter: torch.Tensor, values: Any) -> None:
        with torch.no_grad():
            parameter.copy_(values if isinstance(values, torch.Tensor) else xp2torch(values))

    def _unfreeze(self) -> None:
        """The parameters may be mapped from a file: copy them before they change."""
        self.cache = None
        for parameter in self.model.parameters():
            parameter.data = parameter.detach().clone()
            parameter.requires_grad_(True)

    def to_bytes(self) -> bytes:
        """Return configuration, weights and meta; empty before `load`."""
        return b"" if self._model is None else model_directory.to_bytes(self._model, self.meta)

    def from_bytes(self, data: bytes) -> BiLMShim:
        """Load what `to_bytes` returned. Raises WeightsError for bad data."""
        if data:
            self.load(model_directory.from_bytes(data))
        return self

    def __getstate__(self) -> dict[str, Any]:
        # By value: tensors that travel between processes on their own would move into shared memory.
        return {"id": self.id, "cfg": self.cfg, "factor": self.learn_rate_factor, "data": self.to_bytes()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state["cfg"])  # type: ignore[misc]
        self.id = state["id"]
        self.learn_rate_factor = state["factor"]
        self.from_bytes(state["data"])


def _device(name: str | None) -> torch.device:
    if name is not None:
        return torch.device(name)
    ops = get_current_ops()
    return torch.device(f"cuda:{ops.device_id}" if isinstance(ops, CupyOps) else "cpu")
