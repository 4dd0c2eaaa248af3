"""The pipeline component: `nlp.add_pipe("elmo")`."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Sequence

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import SimpleFrozenList
from spacy.vocab import Vocab
from thinc.api import Config, Model

from ..formats import model_directory
from ..models.load import load_model
from ..tokens.data import ElmoData, set_data, token_offsets
from ..tokens.extensions import set_extensions
from ..tokens.hooks import set_hooks, set_tensor
from ..tokens.mix import Mix, check_mix, mix_layers, resolve_mix
from ..util.types import Floats1d, Floats2d, Floats3d
from .upstream import UpstreamPipe

DEFAULT_CONFIG = Config().from_str(
    """
[elmo]
pretrained = "en_elmo_sm"
frozen = true
learn_rate_factor = 1.0
train_cache_mb = 1024
mix = "average"
gamma = 1.0
store = "layers"
dtype = "float32"
vectors = "auto"

[elmo.model]
@architectures = "spacy-elmo.BiLM.v1"
initial_state = "warm"
max_batch_words = 4096
word_cache = 100000
prepack = "auto"
device = null

[elmo.model.get_spans]
@misc = "spacy-elmo.sentences.v1"
max_words = 100
"""
)["elmo"]


@Language.factory(
    "elmo",
    assigns=["doc._.elmo_data", "doc._.elmo", "doc._.elmo_layers", "span._.elmo", "span._.elmo_layers"]
    + ["token._.elmo", "token._.elmo_layers"],
    default_config=DEFAULT_CONFIG,
)
def make_elmo(
    nlp: Language,
    name: str,
    model: Model[Sequence[Doc], list[Floats3d]],
    pretrained: str | None,
    frozen: bool,
    learn_rate_factor: float,
    train_cache_mb: float,
    mix: Mix,
    gamma: float,
    store: str | None,
    dtype: str,
    vectors: str | None,
) -> Elmo:
    """Build the component from a config; `Elmo` has the settings."""
    return Elmo(
        nlp.vocab,
        model,
        name,
        pretrained=pretrained,
        frozen=frozen,
        learn_rate_factor=learn_rate_factor,
        train_cache_mb=train_cache_mb,
        mix=mix,
        gamma=gamma,
        store=store,
        dtype=dtype,
        vectors=vectors,
    )


class Elmo(UpstreamPipe):
    """Run a bidirectional language model over Docs and store its layers.

    vocab (Vocab): the shared vocabulary.
    model (Model): Docs to (L + 1, tokens, width) arrays, e.g. `spacy-elmo.BiLM.v1`.
    name (str): name of the component; its extensions carry it: `_.NAME`, `_.NAME_layers`.
    pretrained (str | None): where weights come from, at first use or at `initialize`: the name of an installed model, a
        model directory, or a published weights file. Not looked at by pipelines loaded from disk.
    frozen (bool): whether the biLM stays as it is in training. If not, the gradients of all listeners train it.
    learn_rate_factor (float): factor on the optimizer's learning rate for a biLM that is trained.
    train_cache_mb (float): memory for the vectors of sentences while a frozen biLM serves a training, in MiB; each
        sentence is then computed once, and not in every epoch and evaluation. 0 for none.
    mix: how layers become one vector: "average", "top", a layer number (0 is the word without context), or L + 1
        weights of at least 0 that sum to 1.
    gamma (float): factor on the mixed vector.
    store (str | None): what the Doc keeps: "layers" (and the mix from them), "mix", or None for nothing.
    dtype (str): "float32" or "float16", of what is stored, cached and given to listeners.
    vectors (str | None): "auto" gives `.vector` and `.similarity` of Docs, spans and tokens; None leaves them to spaCy.
    Raises ValueError for a setting out of range.
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
        mix: Mix = "average",
        gamma: float = 1.0,
        store: str | None = "layers",
        dtype: str = "float32",
        vectors: str | None = "auto",
    ):
        _check_choice("store", store, ("layers", "mix", None))
        _check_choice("dtype", dtype, ("float32", "float16"))
        _check_choice("vectors", vectors, ("auto", None))
        check_mix(mix)
        if not isinstance(gamma, (int, float)) or not np.isfinite(gamma):
            raise ValueError(f"gamma = {gamma!r}: must be a finite number")
        if not train_cache_mb >= 0:
            raise ValueError(f"train_cache_mb = {train_cache_mb!r}: must be at least 0")
        if not learn_rate_factor >= 0:
            raise ValueError(f"learn_rate_factor = {learn_rate_factor!r}: must be at least 0")
        self.vocab = vocab
        self.model = model
        self.name = name
        self.cfg: dict[str, Any] = {}
        self.pretrained = pretrained
        self.frozen = frozen
        self.train_cache_mb = train_cache_mb
        self.mix = mix
        self.gamma = gamma
        self.store = store
        self.dtype = dtype
        self.vectors = vectors
        self.set_up_listeners()
        if not frozen:
            self.shim.train(learn_rate_factor)
        set_extensions(name)

    @property
    def meta(self) -> dict[str, Any]:
        """The description of the weights: name, version, language, licence, training data. Loads them."""
        self.load()
        return self.shim.meta

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
        """Add ELMo vectors to a stream of Docs, in batches of about `max_batch_words` words.

        batch_size (int): number of Docs of a batch at most.
        YIELDS (Doc): the Docs in order, without those that failed and went to the error handler.
        """
        self.load()
        for docs in _batches(stream, batch_size, self.shim.cfg["max_batch_words"]):
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
        """Return (layers, tokens, width) float32 for each Doc; rows of whitespace are zero. The layers are those that
        `store` and listeners need: all L + 1, those with a weight in the mix, or none."""
        self.load()
        self.finish_batch()
        self.model.attrs["layers"] = self._needed_layers()
        return self.model.predict(docs)

    def set_annotations(self, docs: Sequence[Doc], scores: list[Floats3d]) -> None:
        """Store what `predict` returned, as `store`, `dtype` and `vectors` say, and as listeners need it."""
        if self.store is None and not self.has_listeners:
            return
        for doc, layers in zip(docs, scores):
            if self.is_in_training(doc):
                continue  # listeners are still to send gradients to these very arrays
            set_data(doc, self.make_data(doc, layers), self.name)
            if self.vectors == "auto" and self.store is not None:
                set_tensor(doc, self.name)
                set_hooks(doc, self.name)

    def make_data(self, doc: Doc, layers: Floats3d) -> ElmoData:
        """Return what the Doc gets for (layers, tokens, width)."""
        weights = self._mix_weights()
        stored = layers.astype(self.dtype, copy=False) if self.store == "layers" else None
        features = layers.astype(self.dtype, copy=False) if self.has_listeners else None
        mixed = None
        if self.store == "mix":
            mixed = mix_layers(layers, weights[self._needed_layers()]).astype(self.dtype)
        return ElmoData(layers=stored, mixed=mixed, weights=weights, offsets=token_offsets(doc), features=features)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        pretrained: str | None = None,
    ) -> None:
        """Load the weights. A pipeline that has weights keeps them unless `pretrained` names others.

        pretrained (str | None): as the component's setting, which it overrides (`[initialize.components.elmo]`).
        """
        if pretrained is not None:
            self._load_from(pretrained)
        self.load()
        self.fit_listeners()

    def to_bytes(self, *, exclude: Iterable[str] = SimpleFrozenList()) -> bytes:
        """Serialize the biLM and its meta. Settings are the config's."""
        self.load()
        self.finish_batch()
        return super().to_bytes(exclude=[*exclude, "cfg", "vocab"])

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = SimpleFrozenList()) -> Elmo:
        """Load what `to_bytes` returned."""
        super().from_bytes(bytes_data, exclude=[*exclude, "cfg", "vocab"])
        self._check_loaded()
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()) -> None:
        """Write a model directory (`spacy elmo info` reads it)."""
        self.load()
        self.finish_batch()
        model_directory.write(path, self.shim.model, self.shim.meta)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()) -> Elmo:
        """Load a model directory; `pretrained` is not looked at. The weights are memory-mapped."""
        self.shim.load(model_directory.read(path, with_head=False))
        self._check_loaded()
        return self

    def load(self) -> None:
        """Load the weights of `pretrained`, unless there are weights."""
        if not self.shim.is_loaded:
            if self.pretrained is None:
                raise ValueError(
                    f"the pipe '{self.name}' has no weights: set `pretrained` to a model name or path, or load the "
                    "pipeline from disk"
                )
            self._load_from(self.pretrained)

    def _load_from(self, pretrained: str) -> None:
        self.shim.load(load_model(pretrained, with_head=False))
        self._check_loaded()
        self.fit_listeners()
        lang = self.shim.meta.get("lang")
        if lang not in (None, "", "xx", self.vocab.lang) and self.vocab.lang not in ("", "xx"):
            warnings.warn(
                f"the weights of '{pretrained}' are for language '{lang}', the pipeline is for '{self.vocab.lang}'",
                stacklevel=2,
            )

    def _check_loaded(self) -> None:
        """Settings that depend on the weights."""
        self.model.set_dim("nO", self.shim.model.config.width, force=True)
        self._mix_weights()

    def _needed_layers(self) -> list[int]:
        if self.store == "layers" or self.has_listeners:
            return list(range(self.shim.model.config.n_outputs))
        return np.flatnonzero(self._mix_weights()).tolist() if self.store == "mix" else []

    def _mix_weights(self) -> Floats1d:
        """RETURNS: (L + 1,): weights of the layers, gamma included."""
        return resolve_mix(self.mix, self.shim.model.config.n_outputs) * np.float32(self.gamma)


def _check_choice(key: str, value: object, choices: tuple) -> None:
    if value not in choices:
        raise ValueError(f"{key} = {value!r}: must be one of {', '.join(map(repr, choices))}")


def _batches(stream: Iterable[Doc], max_docs: int, max_words: int) -> Iterator[list[Doc]]:
    """Yield Docs in batches of at most max_docs, and of max_words tokens unless one Doc has more."""
    batch: list[Doc] = []
    words = 0
    for doc in stream:
        if batch and (len(batch) >= max_docs or words + len(doc) > max_words):
            yield batch
            batch, words = [], 0
        batch.append(doc)
        words += len(doc)
    if batch:
        yield batch
