"""A biLM inside a Thinc model: weights that arrive later, no pickle, and a fast path for inference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from thinc.api import CupyOps, Optimizer, Shim, get_current_ops, torch2xp, xp2torch

from ..bilm import BiLM, BiLMConfig
from ..bilm.inference import Encoder
from ..formats import Pretrained, model_directory
from ..util.types import Floats3d
from .averages import use_averages
from .sentence_cache import SentenceCache


class BiLMShim(Shim):
    """Thinc's access to a biLM that may not be loaded yet.

    Args:
        device: Torch device of the biLM; None follows Thinc (the GPU after `spacy.require_gpu`, else the CPU).
        **encoder_settings: Keyword arguments of `Encoder`.

    Attributes:
        meta: Facts about the weights.
        cache: Layers of sentences that were computed before; None for none.
        learn_rate_factor: Factor on the optimizer's learning rate; None where the parameters are not trained.
        before_use: Called before the parameters are read, so that a step that is due is in them; None for nothing.
        after_load: Called with the facts about weights that have come; None for nothing.
    """

    def __init__(self, *, device: str | None = None, **encoder_settings: Any):
        super().__init__(None, {"device": device, **encoder_settings})
        self.meta: dict[str, Any] = {}
        self.learn_rate_factor: float | None = None
        self.cache: SentenceCache | None = None
        self.before_use: Callable[[], None] | None = None
        self.after_load: Callable[[dict[str, Any]], None] | None = None
        self._encoder: Encoder | None = None
        self._digest: str | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether there are weights."""
        return self._model is not None

    @property
    def is_trainable(self) -> bool:
        """Whether the parameters are trained."""
        return self.learn_rate_factor is not None

    @property
    def digest(self) -> str | None:
        """A digest of the weights; None where there are none yet, or they are trained."""
        if self._digest is None and self.is_loaded and not self.is_trainable:
            self._digest = self._loaded().digest()
        return None if self.is_trainable else self._digest

    @property
    def has_gradients(self) -> bool:
        """Whether gradients wait for a step."""
        return self._model is not None and any(p.grad is not None for p in self._model.parameters())

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
    def config(self) -> BiLMConfig:
        """The dimensions of the biLM.

        Raises:
            ValueError: Before `load`.
        """
        return self._loaded().config

    @property
    def model(self) -> BiLM:
        """The biLM, its parameters up to date.

        Raises:
            ValueError: Before `load`.
        """
        if self.before_use is not None:
            self.before_use()
        return self._loaded()

    def _loaded(self) -> BiLM:
        if self._model is None:
            raise ValueError(
                "the biLM has no weights yet: add the pipe with a `pretrained` name or path, "
                "or load the pipeline from disk, before text is processed"
            )
        return self._model

    @property
    def encoder(self) -> Encoder:
        """The fast path for inference over the current weights."""
        model = self.model
        if self._encoder is None:
            settings = {key: value for key, value in self.cfg.items() if key != "device"}
            self._encoder = Encoder(model, **settings)
        return self._encoder

    def encode(self, sentences: Sequence[Sequence[str]], layers: Sequence[int] | None = None) -> Floats3d:
        """Compute the layers of sentences, without gradients.

        Args:
            sentences: Lists of words.
            layers: Which layers; all if None.

        Returns:
            (layers, words of all sentences, width).
        """
        encoder = self.encoder
        if self.cache is None or (layers is not None and len(layers) < self.config.n_outputs):
            return encoder.encode(sentences, layers=layers)
        if self.cache.is_over:
            self.cache = None
            return encoder.encode(sentences, layers=layers)
        return self.cache.encode(sentences, encoder.encode)

    def open_cache(self, max_mb: float, dtype: str) -> None:
        """Keep the layers of sentences from now on, until text comes that is not of a training, or `close_cache`.

        Args:
            max_mb: Memory for them in MiB; none are kept where it is 0.
            dtype: "float32" or "float16".
        """
        if self.cache is None and max_mb > 0:
            self.cache = SentenceCache(int(max_mb * 2**20), dtype)
        if self.cache is not None:
            self.cache.note_update()

    def close_cache(self) -> None:
        """Give the memory of the cache back."""
        self.cache = None

    def load(self, pretrained: Pretrained) -> None:
        """Take a biLM and the facts about it."""
        self._model = pretrained.model.to(_device(self.cfg["device"]))
        self.meta = dict(pretrained.meta)
        self.cache = None
        self._encoder = None
        self._digest = None
        if self.is_trainable:
            self._unfreeze()
        if self.after_load is not None:
            self.after_load(self.meta)

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
                with torch.no_grad():
                    parameter.copy_(xp2torch(updated))
                parameter.grad = None

    def drop_gradients(self) -> None:
        """Forget gradients that wait for a step."""
        self._loaded().zero_grad()

    @contextmanager
    def use_params(self, params: dict[tuple[int, str], Any]) -> Iterator[None]:
        """Compute with other values of the parameters (the averages of an optimizer) for a while."""
        if not self.is_loaded or not self.is_trainable:
            yield
            return
        with use_averages(self.model, self.id, params):
            yield

    def _unfreeze(self) -> None:
        """Copy the parameters, which may be mapped from a file, before they change."""
        self.cache = None
        self._digest = None
        for parameter in self._loaded().parameters():
            parameter.data = parameter.detach().clone()
            parameter.requires_grad_(True)

    def to_bytes(self) -> bytes:
        """Return configuration, weights and meta; empty before `load`."""
        return model_directory.to_bytes(self.model, self.meta) if self.is_loaded else b""

    def from_bytes(self, data: bytes) -> BiLMShim:
        """Load what `to_bytes` returned.

        Raises:
            WeightsError: For bad data.
        """
        if data:
            self.load(model_directory.from_bytes(data))
        return self

    def __getstate__(self) -> dict[str, Any]:
        # By value: tensors that travel between processes on their own would move into shared memory.
        return {"id": self.id, "cfg": self.cfg, "factor": self.learn_rate_factor, "data": self.to_bytes()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        BiLMShim.__init__(self, **state["cfg"])
        self.id = state["id"]
        self.learn_rate_factor = state["factor"]
        self.from_bytes(state["data"])


def _device(name: str | None) -> torch.device:
    if name is not None:
        return torch.device(name)
    ops = get_current_ops()
    return torch.device(f"cuda:{ops.device_id}" if isinstance(ops, CupyOps) else "cpu")
