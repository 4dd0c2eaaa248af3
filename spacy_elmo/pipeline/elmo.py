"""The component: ELMo vectors on Docs, and features for the pipes after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import SimpleFrozenList
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer

from ..formats import model_directory
from ..layers.bilm import encode_docs
from ..layers.shim import BiLMShim
from ..models import load_model
from ..tokens.data import ElmoData, set_data
from ..util.batches import batch_by_size
from ..util.types import Floats2d, Floats3d
from .listeners import ListenedToPipe, Listeners
from .names import Home, SharedPipe
from .pending_step import PendingStep
from .serialization import check_language, check_override, read_folder, reading_bytes
from .storage import Storage


class Elmo(SharedPipe, ListenedToPipe, TrainablePipe):
    """Run a bidirectional language model over Docs and store its layers.

    It is spaCy's `ListenedToComponent` and `TrainableComponent`: later pipes listen to its layers, and may train it.

    Args:
        vocab: The shared vocabulary.
        model: Docs to (L + 1, tokens, width) arrays: `spacy-elmo.BiLM.v1`.
        name: Name of the component; its extensions carry it: `_.NAME`, `_.NAME_layers`.
        pretrained: Where weights come from, at first use or at `initialize`: the name of an installed model, a model
            directory, or a published weights file. Pipelines loaded from disk do not look at it.
        frozen: Whether the biLM stays as it is in training. If not, the gradients of all listeners train it.
        learn_rate_factor: Factor on the optimizer's learning rate for a biLM that is trained.
        train_cache_mb: Memory for the vectors of sentences while a frozen biLM serves a training, in MiB; each
            sentence is then computed once, and not in every epoch and evaluation. 0 for none.
        storage: What Docs keep: the mix of layers, their type, and whether `.vector` means ELMo.
        nlp: The pipeline that the component is made for.

    Raises:
        ValueError: For a setting out of range.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model[Sequence[Doc], list[Floats3d]],
        name: str = "elmo",
        *,
        pretrained: str | None = "en_elmo_sm",
        frozen: bool = True,
        learn_rate_factor: float = 1.0,
        train_cache_mb: float = 1024,
        storage: Storage | None = None,
        nlp: Language | None = None,
    ):
        for key, value in (("train_cache_mb", train_cache_mb), ("learn_rate_factor", learn_rate_factor)):
            if not value >= 0:
                raise ValueError(f"{key} = {value!r}: must be at least 0")
        self.vocab = vocab
        self.model = model
        self._home = Home(nlp)
        self.name = name
        self.cfg: dict[str, Any] = {}
        self.pretrained = pretrained
        self.frozen = frozen
        self.train_cache_mb = train_cache_mb
        self.storage = Storage() if storage is None else storage
        self._listeners = Listeners(self.shim)
        self._step = PendingStep(self.shim, self)
        if not frozen:
            self.shim.train(learn_rate_factor)

    @property
    def shim(self) -> BiLMShim:
        """Thinc's holder of the biLM."""
        return cast(BiLMShim, self.model.shims[0])

    @property
    def meta(self) -> dict[str, Any]:
        """The facts about the weights: name, version, language, licence, training data. Loads them."""
        self.load()
        return self.shim.meta

    @property
    def weights_digest(self) -> str | None:
        """A digest of the weights, for what is trained on them; None where there are none yet, or they are trained."""
        return self.shim.digest

    def word_vectors(self, words: Sequence[str]) -> Floats2d:
        """Return (words, width): the vectors of words without context, as layer 0 has them."""
        self.load()
        vectors = self.shim.encoder.word_vectors(words)
        return np.concatenate([vectors, vectors], axis=1)

    def __call__(self, doc: Doc) -> Doc:
        """Add ELMo vectors to a Doc. Weights that cannot be loaded raise here, past the error handler."""
        self.load()
        self._process_one(doc)
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Yield a stream of Docs with ELMo vectors, in order, without those that went to the error handler.

        A batch has at most `batch_size` Docs, and `max_batch_words` words unless one Doc has more.
        """
        self.load()
        for docs in batch_by_size(stream, self.shim.cfg["max_batch_words"], max_items=batch_size):
            try:
                self.set_annotations(docs, self.predict(docs))
            except Exception:
                yield from (doc for doc in docs if self._process_one(doc))
            else:
                yield from docs

    def _process_one(self, doc: Doc) -> bool:
        """Return whether the Doc was processed; if not, the error handler has it."""
        try:
            self.set_annotations([doc], self.predict([doc]))
        except Exception as error:
            self.get_error_handler()(self.name, self, [doc], error)
            return False
        return True

    def predict(self, docs: Sequence[Doc]) -> list[Floats3d]:
        """Return (layers, tokens, width) float32 for each Doc; rows of whitespace are zero.

        The layers are those that Docs and listeners need: all L + 1, those with a weight in the mix, or none.
        """
        self.load()
        needed = self.storage.needed_layers(self.shim.config.n_outputs, for_listeners=bool(self._listeners))
        return encode_docs(self.model, docs, needed)

    def set_annotations(self, docs: Sequence[Doc], scores: list[Floats3d]) -> None:
        """Put what `predict` returned on the Docs, as the settings say and as listeners need it."""
        if self.storage.store is None and not self._listeners:
            return
        for doc, layers in zip(docs, scores):
            if doc not in self._step:  # else listeners are still to send gradients to the very arrays that it has
                self.storage.annotate(doc, self._make_data(doc, layers), self.name_in(doc))

    def _make_data(self, doc: Doc, layers: Floats3d) -> ElmoData:
        return self.storage.make_data(doc, layers, self.shim.config.n_outputs, for_listeners=bool(self._listeners))

    # Training

    @property
    def is_trainable(self) -> bool:
        """Whether spaCy gives the pipe an optimizer and logs its loss."""
        return not self.frozen

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        pretrained: str | None = None,
    ) -> None:
        """Load the weights. A pipeline that has weights keeps them unless `pretrained` names others.

        `pretrained` (`[initialize.components.elmo]`) overrides the component's setting.
        """
        if pretrained is not None:
            self._load_from(pretrained)
        self.load()
        self._listeners.fit()
        if nlp is not None:
            self.warn_if_unused(nlp)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Give the Docs of a batch to the listeners, and return the losses.

        A biLM that is trained takes their gradients later: at the next call, or when its parameters are needed. Its
        loss is the sum of the squares of what listeners send. `drop` is not used: each listener has its own dropout.
        """
        losses = {} if losses is None else losses
        docs = [example.predicted for example in examples]
        self.load()
        if self.frozen and self._listeners:
            self.supply(docs)
        elif not self.frozen:
            layers, backprop = self.model.begin_update(docs)
            data = [self._make_data(doc, doc_layers) for doc, doc_layers in zip(docs, layers)]
            for doc, doc_data in zip(docs, data):
                set_data(doc, doc_data, self.name_in(doc))
            self._step.begin(data, backprop, losses)
            if sgd is not None:
                self.finish_update(sgd)
        return losses

    def supply(self, docs: Sequence[Doc]) -> None:
        """Give Docs to train on to the listeners, without gradients."""
        self.load()
        if self.frozen:
            self.shim.open_cache(self.train_cache_mb, self.storage.dtype)
        self.set_annotations(docs, self.predict(docs))

    def finish_update(self, sgd: Optimizer) -> None:
        """Train the biLM by the gradients of the listeners, now or once they have come."""
        self._step.ask(sgd)

    def receive_gradient(self, docs: Sequence[Doc], d_layers: Sequence[Floats3d]) -> None:
        """Take the gradients of a listener for the last batch of `update`."""
        for doc, d_doc in zip(docs, d_layers):
            self._step.add_gradient(doc, d_doc)

    # Weights

    def to_bytes(self, *, exclude: Iterable[str] = SimpleFrozenList()) -> bytes:
        """Serialize the biLM and its meta. Settings are the config's."""
        self.load()
        return super().to_bytes(exclude=[*exclude, "cfg", "vocab"])

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = SimpleFrozenList()) -> Elmo:
        """Load what `to_bytes` returned. Raises WeightsError for bytes that are cut short, or of something else."""
        with reading_bytes(self.shim, self.name, has_weights="model" not in exclude):
            super().from_bytes(bytes_data, exclude=[*exclude, "cfg", "vocab"])
        self._check_loaded()
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()) -> None:
        """Write a model directory. Weights that were stored in half precision are stored so again."""
        self.load()
        model = self.shim.model
        model_directory.write(path, model, self.shim.meta, dtype=model_directory.lossless_dtype(model))

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()) -> Elmo:
        """Load a model directory; `pretrained` is not looked at. The weights are memory-mapped."""
        check_override(path, self.pretrained)
        self.shim.load(read_folder(path))
        self._check_loaded()
        return self

    def load(self) -> None:
        """Load the weights of `pretrained`, unless there are weights."""
        if not self.shim.is_loaded:
            pretrained = self.find_pretrained() or self.pretrained
            if pretrained is None:
                raise ValueError(
                    f"the pipe '{self.name}' has no weights: set `pretrained` to a model name or path, or load the "
                    "pipeline from disk"
                )
            self._load_from(pretrained)

    def _load_from(self, pretrained: str) -> None:
        self.shim.load(load_model(pretrained, with_head=False))
        self._check_loaded()
        self._listeners.fit()
        check_language(pretrained, self.shim.meta.get("lang"), self.vocab.lang)

    def _check_loaded(self) -> None:
        """Check the settings that depend on the weights."""
        self.model.set_dim("nO", self.shim.config.width, force=True)
        self.storage.weights(self.shim.config.n_outputs)
