"""`spacy-elmo-paper.ESIM.v1`: entailment by sequential inference (paper, section 4, SNLI).

Chen et al. 2017, "Enhanced LSTM for Natural Language Inference", section 3. A Doc has both sentences:
`doc.spans["hypothesis"]` is one span, from which on the hypothesis goes; the premise is what is before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import spacy
import torch
from spacy.tokens import Doc
from thinc.api import Model, chain
from torch import Tensor, nn

from spacy_elmo.layers.tok2vec import build_elmo_tok2vec
from spacy_elmo.util.types import Floats2d

from ..layers.classifier import Classifier, Words, attend, build_classifier, pool_max, pool_mean
from ..layers.lstm import run_packed
from ..layers.wrap import mask_words, pad_words

HYPOTHESIS = "hypothesis"
Sequences = list[Floats2d]  # of one sentence each: premise, hypothesis, premise, ...


@spacy.registry.architectures("spacy-elmo-paper.PairTok2Vec.v1")
def build_pair_tok2vec(
    embed: Words, encode: Model[Sequences, Sequences], input: Words | None = None, output: Words | None = None
) -> Words:
    """Build `spacy-elmo.ElmoTok2Vec.v1` for Docs of two sentences, each of which `encode` reads by itself.

    Args:
        embed: As of `spacy-elmo.ElmoTok2Vec.v1`, like the others.
        encode: Reads sequences of one sentence.
        input: ELMo in front of the encoder, or what stands in for it.
        output: The same behind the encoder.

    Returns:
        List[Doc] to a list of (tokens, width). A Doc without a hypothesis raises ValueError.
    """
    together: Model[Sequences, list[Floats2d]] = Model("together", _join)
    return build_elmo_tok2vec(_apart(embed), chain(encode, together), input and _apart(input), output)


def _apart(words: Words) -> Words:
    """Build a layer that gives the vectors of premise and hypothesis apart."""
    return Model("apart", _split, init=_init, layers=[words], dims={"nO": None})


def _init(model: Words, X: Sequence[Doc] | None = None, Y: object = None) -> None:
    (words,) = model.layers
    words.initialize(X=X)
    width = words.predict(X)[0].shape[1] if X else words.maybe_get_dim("nO")
    if width is not None:
        model.set_dim("nO", width, force=True)


def _split(model: Words, docs: Sequence[Doc], is_train: bool) -> tuple[Sequences, Callable[[Sequences], list[Doc]]]:
    starts = [find_hypothesis(doc) for doc in docs]
    vectors, backprop_words = model.layers[0](docs, is_train)

    def backprop(d_outputs: Sequences) -> list[Doc]:
        d_docs: list[Doc] = backprop_words(_pairs(model, d_outputs))
        return d_docs

    return _cut(vectors, starts), backprop


def _join(model: Model, X: Sequences, is_train: bool) -> tuple[list[Floats2d], Callable[[list[Floats2d]], Sequences]]:
    return _pairs(model, X), lambda d_outputs: _cut(d_outputs, list(map(len, X[::2])))


def _pairs(model: Model, parts: Sequences) -> list[Floats2d]:
    return [model.ops.xp.vstack(pair) for pair in zip(parts[::2], parts[1::2])]


def _cut(vectors: list[Floats2d], starts: list[int]) -> Sequences:
    return [part for rows, start in zip(vectors, starts) for part in (rows[:start], rows[start:])]


def find_hypothesis(doc: Doc) -> int:
    """Return the number of the token that begins the hypothesis; 0 in a Doc without words.

    Raises:
        ValueError: The Doc has no hypothesis, or several.
    """
    spans = doc.spans.get(HYPOTHESIS, [])
    if len(doc) and len(spans) != 1:
        raise ValueError(
            f"doc.spans[{HYPOTHESIS!r}] has {len(spans)} spans in {doc.text!r:.80}: set it to one span, the second "
            "sentence of the Doc; in training, name it under `given` of the reader spacy-elmo-paper.Corpus.v1"
        )
    return spans[0].start if len(doc) else 0


@spacy.registry.architectures("spacy-elmo-paper.ESIM.v1")
def build_esim(
    tok2vec: Words, width: int = 96, hidden_size: int = 100, dropout: float = 0.5, nO: int | None = None
) -> Classifier:
    """Build an enhanced sequential inference model for `textcat`.

    Args:
        tok2vec: Vectors of words, and the encoder over each sentence (section 3.1): `spacy-elmo-paper.PairTok2Vec.v1`
            with a `spacy-elmo-paper.BiLSTM.v1`.
        width: Numbers that a linear layer makes of each vector.
        hidden_size: Width of each direction of the composition, and of the hidden layers (paper: 300).
        dropout: Share of the numbers that are dropped behind feedforward layers (Chen et al.: 0.5).
        nO: Number of classes; None until it is known from examples.
    """
    module = ESIM(width, hidden_size, dropout)
    model = build_classifier(_apart(tok2vec), module, width=width, n_features=hidden_size, nO=nO)
    model.set_ref("tok2vec", tok2vec)
    return model


class ESIM(nn.Module):
    """Local inference by soft alignment (section 3.2), its composition (3.3), pooling and a hidden layer.

    Args:
        width: Of the vectors of words.
        hidden_size: As of `build_esim`.
        dropout: As of `build_esim`.
    """

    def __init__(self, width: int, hidden_size: int, dropout: float):
        super().__init__()
        self.project = nn.Sequential(nn.Linear(4 * width, hidden_size), nn.ReLU(), nn.Dropout(dropout))
        self.composition = nn.LSTM(hidden_size, hidden_size, batch_first=True, bidirectional=True)
        self.hidden = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(8 * hidden_size, hidden_size), nn.Tanh(), nn.Dropout(dropout)
        )

    def forward(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Return (pairs, hidden_size), from (words, width) and the lengths of premise, hypothesis, premise, ..."""
        x, lengths = pad_words(rows, lengths)
        mask = mask_words(lengths, x.shape[1])
        other = torch.arange(len(x), device=x.device) ^ 1  # of each pair the other one
        aligned = attend(x, x[other], mask[other])
        local = self.project(torch.cat([x, aligned, x - aligned, x * aligned], 2))
        words = run_packed(self.composition, local, lengths)
        pooled = torch.cat([pool_mean(words, mask), pool_max(words, mask)], 1)
        features: Tensor = self.hidden(pooled.unflatten(0, (-1, 2)).flatten(1))
        return features
