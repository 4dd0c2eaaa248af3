"""`spacy-elmo.ElmoTok2Vec.v1`: ELMo at the input and at the output of a task's encoder (paper, section 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from spacy.tokens import Doc
from thinc.api import Linear, Model, chain, concatenate, with_array

from ..util.types import Floats2d

InT: TypeAlias = Sequence[Doc]
OutT: TypeAlias = list[Floats2d]


def build_elmo_tok2vec(
    embed: Model[InT, OutT],
    encode: Model[OutT, OutT],
    input: Model[InT, OutT] | None = None,
    output: Model[InT, OutT] | None = None,
) -> Model[InT, OutT]:
    """Build [x; ELMo] -> encode -> [h; ELMo], where x is what `embed` makes of words and h what `encode` makes of it.

    Args:
        embed: Docs to vectors, e.g. `spacy.MultiHashEmbed.v2`.
        encode: Vectors to vectors of the width that `embed` has, e.g. `spacy.MaxoutWindowEncoder.v2`. A linear layer
            brings [x; ELMo] to this width.
        input: ELMo with a mix of its own, e.g. `spacy-elmo.ElmoListener.v1`; None for none.
        output: The same after the encoder.

    Returns:
        List[Doc] to a list of (tokens, width).
    """
    embedded = embed if input is None else _build_input(embed, input)
    encoded: Model[InT, OutT] = chain(embedded, encode)
    if output is None:
        return encoded
    joined: Model[InT, OutT] = concatenate(encoded, output)
    joined.name = "elmo_output"
    return joined


def _build_input(embed: Model[InT, OutT], elmo: Model[InT, OutT]) -> Model[InT, OutT]:
    """Build the linear projection of [x; ELMo] to the width of x."""
    return Model("elmo_input", forward, init=init, layers=[embed, elmo, with_array(Linear())], dims={"nO": None})


def init(model: Model[InT, OutT], X: InT | None = None, Y: OutT | None = None) -> None:
    """Set the widths, which are known only now: of embeddings from an output, of ELMo from its weights."""
    embed, elmo, project = model.layers
    embed.initialize(X=X)
    elmo.initialize(X=X)
    width = embed.predict(X)[0].shape[1] if X else embed.get_dim("nO")
    project.layers[0].set_dim("nO", width)
    project.layers[0].set_dim("nI", width + elmo.get_dim("nO"))
    project.initialize()
    model.set_dim("nO", width)


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    embed, elmo, project = model.layers
    x, backprop_embed = embed(docs, is_train)
    vectors, backprop_elmo = elmo(docs, is_train)
    joined = [model.ops.xp.hstack(pair) for pair in zip(x, vectors)]
    outputs, backprop_project = project(joined, is_train)
    width = model.get_dim("nO")

    def backprop(d_outputs: OutT) -> list:
        d_joined = backprop_project(d_outputs)
        backprop_elmo([d[:, width:] for d in d_joined])
        return backprop_embed([d[:, :width] for d in d_joined])

    return outputs, backprop
