"""What scores the roles of words, for each predicate (paper, section 4; He et al. 2017, section 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from spacy import registry
from spacy.tokens import Doc
from spacy.util import minibatch
from thinc.api import ArgsKwargs, Linear, Model, torch2xp, xp2torch
from thinc.types import Floats1d, Floats2d
from torch import Tensor, nn

from ..layers.bio import find_words
from ..layers.lstm import HighwayLSTM
from ..layers.wrap import mask_words, pad_rows, wrap

AT_ONCE = 64  # frames; those of a batch are alike in length, so that there is little padding


class Frame(NamedTuple):
    """A predicate: the number of its Doc, that of its token, and those of the words of its sentence."""

    doc: int
    predicate: int
    words: list[int]


class Scores(NamedTuple):
    """Of each token, how likely it is a predicate, (tokens,); of each word of each frame, its tags, (words, tags)."""

    predicates: Floats1d
    roles: Floats2d
    frames: list[Frame]


Chosen = list[list[int] | None]  # the predicates of each Doc; None: find them
Inputs = tuple[list[Doc], Chosen]
Words = Model[list[Doc], list[Floats2d]]


class RoleEncoder(nn.Module):
    """Reads the words of frames with a mark at the predicate.

    He et al. concatenate the mark. A projection of both is one of the words and one of the mark, added, as here.
    """

    def __init__(self, width: int, depth: int, dropout: float):
        super().__init__()
        self.mark = nn.Embedding(2, width)
        self.lstm = HighwayLSTM(width, depth, dropout)

    def forward(self, rows: Tensor, index: Tensor, lengths: Tensor, predicates: Tensor) -> Tensor:
        """Return (words of all frames, width).

        Args:
            rows: (tokens, width)
            index: (frames, words): which rows are the words of each frame.
            lengths: (frames,)
            predicates: (frames,): which row is the predicate.
        """
        encoded = self.lstm(rows[index] + self.mark((index == predicates[:, None]).long()), lengths)
        return encoded[mask_words(lengths, index.shape[1])]


@registry.architectures("spacy-elmo-paper.SemanticRoles.v1")
def build_semantic_roles(
    tok2vec: Words, output: Words | None = None, width: int = 128, depth: int = 4, dropout: float = 0.1
) -> Model[Inputs, Scores]:
    """Build what finds predicates and scores the tags of words for each.

    Args:
        tok2vec: Features of words; a linear layer brings them to the width.
        output: More of them, concatenated to what the encoder returns (paper, section 3.3).
        width: Of the encoder.
        depth: Number of its LSTMs, which read in alternating directions.
        dropout: Between them.
    """
    encoder = wrap(RoleEncoder(width, depth, dropout), _convert_frames)
    of_output = [] if output is None else [output]
    behind: Words = Model("elmo_output", _give, init=_init_behind, layers=of_output, dims={"nO": None})
    layers: list[Model] = [tok2vec, Linear(nO=1), Linear(nO=width), encoder, behind, Linear()]
    return Model("semantic_roles", forward, init=init, layers=layers, dims={"nO": None}, refs={"tok2vec": tok2vec})


def init(model: Model[Inputs, Scores], X: Inputs | None = None, Y: Any = None) -> None:
    tok2vec, find, project, _, behind, tag = model.layers
    docs = X[0] if X else None
    tok2vec.initialize(X=docs)
    rows = model.ops.flatten(tok2vec.predict(docs)) if docs else None
    find.initialize(X=rows)
    project.initialize(X=rows)
    behind.initialize(X=docs)
    tag.set_dim("nO", model.get_dim("nO"))
    tag.set_dim("nI", project.get_dim("nO") + behind.get_dim("nO"))
    tag.initialize()


def _init_behind(model: Words, X: list[Doc] | None = None, Y: Any = None) -> None:
    for output in model.layers:
        output.initialize(X=X)
    model.set_dim("nO", sum(output.get_dim("nO") for output in model.layers), force=True)


def _give(
    model: Words, docs: list[Doc], is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], list[Doc]]]:
    """Return what comes behind the encoder, or (tokens, 0)."""
    if model.layers:
        return model.layers[0](docs, is_train)
    return [model.ops.alloc2f(len(doc), 0) for doc in docs], lambda d_outputs: []


def forward(model: Model[Inputs, Scores], inputs: Inputs, is_train: bool) -> tuple[Scores, Callable]:
    docs, chosen = inputs
    tok2vec, find, project, encoder, behind, tag = model.layers
    vectors, backprop_tok2vec = tok2vec(docs, is_train)
    rows = model.ops.flatten(vectors)
    predicates, backprop_find = find(rows, is_train)
    projected, backprop_project = project(rows, is_train)
    frames = _find_frames(docs, _choose(docs, chosen, model.ops.to_numpy(predicates)[:, 0]))
    lengths = model.ops.asarray1i([len(doc) for doc in docs])
    offsets = np.cumsum([0, *map(len, docs)])
    steps = [encoder((projected, offsets, batch), is_train) for batch in minibatch(frames, AT_ONCE)]
    hidden = model.ops.xp.vstack([model.ops.alloc2f(0, projected.shape[1]), *(encoded for encoded, _ in steps)])
    more, backprop_behind = behind(docs, is_train)
    places = model.ops.asarray1i([int(offsets[frame.doc]) + i for frame in frames for i in frame.words])
    roles, backprop_tag = tag(model.ops.xp.hstack([hidden, model.ops.xp.vstack(more)[places]]), is_train)

    def backprop(d_scores: Scores) -> list[Doc]:
        d_joined = backprop_tag(d_scores.roles)
        d_hidden, d_placed = d_joined[:, : hidden.shape[1]], d_joined[:, hidden.shape[1] :]
        d_more = model.ops.alloc2f(len(rows), d_placed.shape[1])
        model.ops.scatter_add(d_more, places, d_placed)
        backprop_behind(model.ops.unflatten(d_more, lengths))
        ends = np.cumsum([len(encoded) for encoded, _ in steps])[:-1]
        parts = model.ops.xp.split(d_hidden, ends)
        d_projected = model.ops.alloc2f(*projected.shape)
        for (_, step), part in zip(steps, parts):
            d_projected += step(part)
        d_rows = backprop_find(d_scores.predicates.reshape((-1, 1))) + backprop_project(d_projected)
        return backprop_tok2vec(model.ops.unflatten(d_rows, lengths))

    return Scores(predicates[:, 0], roles, frames), backprop


def _convert_frames(model: Model, inputs: tuple, is_train: bool) -> tuple[ArgsKwargs, Callable]:
    projected, offsets, frames = inputs
    rows = xp2torch(projected, requires_grad=is_train)
    index, lengths = pad_rows([offsets[frame.doc] + np.array(frame.words) for frame in frames])
    predicates = torch.tensor([offsets[frame.doc] + frame.predicate for frame in frames])
    parts = tuple(part.to(rows.device) for part in (rows, index, lengths, predicates))
    return ArgsKwargs(parts, {}), lambda gradients: torch2xp(gradients.args[0])


def _choose(docs: list[Doc], chosen: Chosen, predicates: np.ndarray) -> list[list[int]]:
    """Return the predicates of each Doc: those that are given, or the words that are likely ones."""
    by_doc = np.split(predicates, np.cumsum([len(doc) for doc in docs])[:-1])
    found = ([i for i in find_words(doc) if scores[i] > 0] for doc, scores in zip(docs, by_doc))
    return [one if given is None else given for given, one in zip(chosen, found)]


def _find_frames(docs: Sequence[Doc], predicates: Sequence[Sequence[int]]) -> list[Frame]:
    """Return the frames of Docs, short ones first. A frame is a sentence, or the Doc where none are annotated."""
    frames = [
        Frame(number, i, find_words(doc[i].sent if doc.has_annotation("SENT_START") else doc))
        for number, (doc, chosen) in enumerate(zip(docs, predicates))
        for i in chosen
        if not doc[i].is_space
    ]
    return sorted(frames, key=lambda frame: len(frame.words))
