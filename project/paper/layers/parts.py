"""Encoders that read the parts of a Doc by themselves: its sentences, or the two texts of a pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypeAlias, cast

import numpy as np
import spacy
from numpy.typing import NDArray
from spacy.tokens import Doc, Span
from thinc.api import Model, noop

from spacy_elmo.layers.tok2vec import build_elmo_tok2vec
from spacy_elmo.util.checks import check_choice
from spacy_elmo.util.types import Floats2d

HYPOTHESIS: Final = "hypothesis"  # of `doc.spans`
QUESTION: Final = "question"
Parts = Literal["sentences", "hypothesis", "question"]
Rows: TypeAlias = list[Floats2d]
Words: TypeAlias = Model[Sequence[Doc], Rows]
Encoder: TypeAlias = Model[Rows, Rows]


@spacy.registry.architectures("spacy-elmo-paper.PartsTok2Vec.v1")
def build_parts_tok2vec(
    embed: Words, encode: Encoder, parts: Parts, input: Words | None = None, output: Words | None = None
) -> Words:
    """Build `spacy-elmo.ElmoTok2Vec.v1` for Docs of several parts, each of which `encode` reads by itself.

    Args:
        embed: As of `spacy-elmo.ElmoTok2Vec.v1`, like the others.
        encode: Reads sequences of one part.
        parts: "sentences"; "hypothesis", a premise and the span of `doc.spans["hypothesis"]` behind it; or "question",
            the span of `doc.spans["question"]` and its context behind it.
        input: ELMo in front of the encoder, or what stands in for it.
        output: The same behind the encoder.

    Returns:
        List[Doc] to a list of (tokens, width). A Doc without the span raises ValueError.

    Raises:
        ValueError: There are no such parts.
    """
    check_choice("parts", parts, Parts)
    words = build_elmo_tok2vec(embed, noop(), input)
    apart: Words = Model(
        "apart", _encode, init=_init, layers=[words, encode], dims={"nO": None}, attrs={"parts": parts}
    )
    return build_elmo_tok2vec(apart, noop(), None, output)


def _init(model: Words, X: Sequence[Doc] | None = None, Y: object = None) -> None:
    words, encode = model.layers
    words.initialize(X=X)
    encode.initialize(X=_cut(words.predict(X), _find_starts(model, X)) if X else None)
    model.set_dim("nO", encode.get_dim("nO"))


def _encode(model: Words, docs: Sequence[Doc], is_train: bool) -> tuple[Rows, Callable[[Rows], list[Doc]]]:
    words, encode = model.layers
    starts = _find_starts(model, docs)
    vectors, backprop_words = words(docs, is_train)
    encoded, backprop_encode = encode(_cut(vectors, starts), is_train)

    def backprop(d_outputs: Rows) -> list[Doc]:
        return cast(list[Doc], backprop_words(_join(model, backprop_encode(_cut(d_outputs, starts)), starts)))

    return _join(model, encoded, starts), backprop


def split(words: Words, parts: Parts) -> Words:
    """Build a layer that gives the vectors of the parts of Docs as sequences of their own."""
    return Model("split", _split, init=_init_split, layers=[words], attrs={"parts": parts})


def _init_split(model: Words, X: Sequence[Doc] | None = None, Y: object = None) -> None:
    model.layers[0].initialize(X=X)


def _split(model: Words, docs: Sequence[Doc], is_train: bool) -> tuple[Rows, Callable[[Rows], list[Doc]]]:
    starts = _find_starts(model, docs)
    vectors, backprop_words = model.layers[0](docs, is_train)
    return _cut(vectors, starts), lambda d_outputs: backprop_words(_join(model, d_outputs, starts))


def _find_starts(model: Model, docs: Sequence[Doc]) -> list[list[int]]:
    find: Callable[[Doc], list[int]] = FINDERS[model.attrs["parts"]]
    return [find(doc) for doc in docs]


def _cut(vectors: Rows, starts: list[list[int]]) -> Rows:
    return [part for rows, places in zip(vectors, starts) for part in np.split(rows, places)]


def _join(model: Model[Any, Any], parts: Rows, starts: list[list[int]]) -> Rows:
    remaining = iter(parts)
    return [model.ops.xp.vstack([next(remaining) for _ in range(len(places) + 1)]) for places in starts]


def find_sentences(doc: Doc) -> list[int]:
    """Return the tokens that begin a sentence but the first one; none where no sentences are marked."""
    return [token.i for token in doc if token.is_sent_start and token.i]


def number_sentences(doc: Doc) -> NDArray:
    """Return the number of each token's sentence; where none are marked, a Doc is one."""
    starts = doc.to_array("SENT_START") == 1
    return np.cumsum(starts, dtype="int64")


def find_hypothesis(doc: Doc) -> int:
    """Return the token that begins the hypothesis; 0 in a Doc without tokens.

    Raises:
        ValueError: The Doc has no hypothesis, or several.
    """
    return _find_span(doc, HYPOTHESIS, "the second sentence of the Doc").start if len(doc) else 0


def find_question(doc: Doc) -> tuple[int, int]:
    """Return the tokens that begin the question and the context behind it; 0 and 0 in a Doc without tokens.

    Raises:
        ValueError: The Doc has no question, or several.
    """
    if not len(doc):
        return 0, 0
    span = _find_span(doc, QUESTION, "which has the context behind it")
    return span.start, span.end


def _find_span(doc: Doc, name: str, what: str) -> Span:
    spans = doc.spans.get(name, [])
    if len(spans) != 1 or not len(spans[0]):
        raise ValueError(
            f"doc.spans[{name!r}] has {len(spans)} spans in {doc.text!r:.80}: set it to one span with tokens, {what}; "
            "in training, name it under `given` of the reader spacy-elmo-paper.Corpus.v1"
        )
    return spans[0]


FINDERS: dict[Parts, Callable[[Doc], list[int]]] = {
    "sentences": find_sentences,
    "hypothesis": lambda doc: [find_hypothesis(doc)],
    "question": lambda doc: [find_question(doc)[1]],
}
