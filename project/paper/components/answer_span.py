"""Answers to questions as spans of a text (paper, section 4, question answering; Clark and Gardner 2017).

The model of one paragraph: the attention of Seo et al. 2017 between the context and the question, attention of the
context to itself, and scores for where the answer begins and ends. All answers that people gave are right at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.example import validate_examples, validate_get_examples
from spacy.util import registry
from spacy.vocab import Vocab
from thinc.api import Model
from torch import Tensor, nn
from torch.nn.functional import dropout1d

from ..layers.heads import build_head
from ..layers.lstm import run_recurrent
from ..layers.marginal import marginal_loss
from ..layers.parts import QUESTION, find_question
from ..scorers.answers import score_answers
from .systems import make_tok2vec


class SpanReader(nn.Module):
    """Score the words of contexts as the first and as the last one of the answer."""

    def __init__(self, width: int, dropout: float):
        super().__init__()
        self.attention, self.merge = Similarity(width), nn.Linear(4 * width, width)
        self.self_attention, self.self_merge = Similarity(width), nn.Linear(3 * width, width)
        self.inner, self.first, self.last = (BiGRU(size, width, dropout) for size in (width, width, 2 * width))
        self.first_score, self.last_score = nn.Linear(width, 1), nn.Linear(width, 1)
        self.dropout = dropout

    def forward(self, words: Tensor, questions: Tensor, contexts: Tensor) -> tuple[Tensor, Tensor]:
        """Return twice (batch, longest context), -inf behind the end of each.

        Args:
            words: (tokens, width), of all Docs.
            questions: (batch, longest): the rows of each question's words, -1 behind its end.
            contexts: The same for contexts.
        """
        question, is_question = questions.clamp(min=0), questions >= 0
        is_word = contexts >= 0
        lengths = is_word.sum(1)
        query, context = (self._drop(words[rows]) for rows in (question, contexts.clamp(min=0)))
        context = torch.relu(self.merge(self._attend(context, query, is_word, is_question)))
        context = context + torch.relu(self.self_merge(self._attend_to_itself(self.inner(context, lengths), is_word)))
        first = self.first(context, lengths)
        last = self.last(torch.cat([context, first], dim=2), lengths)
        scores = self.first_score(first).squeeze(2), self.last_score(last).squeeze(2)
        return scores[0].masked_fill(~is_word, -torch.inf), scores[1].masked_fill(~is_word, -torch.inf)

    def _attend(self, context: Tensor, query: Tensor, is_word: Tensor, is_question: Tensor) -> Tensor:
        """Return (batch, words, 4 * width): of context and question, in both directions (Seo et al. 2017)."""
        scores = self.attention(context, query).masked_fill(~is_question[:, None], -torch.inf)
        asked = scores.softmax(2) @ query
        weights = scores.amax(2).masked_fill(~is_word, -torch.inf).softmax(1)
        told = weights[:, None] @ context
        return torch.cat([context, asked, context * asked, told * asked], dim=2)

    def _attend_to_itself(self, context: Tensor, is_word: Tensor) -> Tensor:
        """Return (batch, words, 3 * width): of each word and the other ones, or itself where it is the only one."""
        context = self._drop(context)
        is_itself = torch.eye(context.shape[1], dtype=torch.bool, device=context.device)
        is_seen = is_word[:, None] & (~is_itself | (is_word.sum(1) == 1)[:, None, None])
        others = self.self_attention(context, context).masked_fill(~is_seen, -torch.inf).softmax(2) @ context
        return torch.cat([context, others, context * others], dim=2)

    def _drop(self, vectors: Tensor) -> Tensor:
        return drop(vectors, self.dropout, self.training)


class Similarity(nn.Module):
    """The similarity of words: linear in both and in their product."""

    def __init__(self, width: int):
        super().__init__()
        self.left, self.right = nn.Linear(width, 1), nn.Linear(width, 1, bias=False)
        self.both = nn.Parameter(torch.randn(width) / width**0.5)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        """Return (batch, left words, right words)."""
        return self.left(left) + self.right(right).transpose(1, 2) + (left * self.both) @ right.transpose(1, 2)


class BiGRU(nn.Module):
    """A GRU in both directions over texts of different lengths, with dropout in front."""

    def __init__(self, size: int, width: int, dropout: float):
        super().__init__()
        self.gru = nn.GRU(size, width // 2, batch_first=True, bidirectional=True)
        self.dropout = dropout

    def forward(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        """Return (batch, words, width), 0 behind the end of each text."""
        return run_recurrent(self.gru, drop(vectors, self.dropout, self.training), lengths)


def drop(vectors: Tensor, rate: float, is_train: bool) -> Tensor:
    """Return (batch, words, width) with numbers dropped, the same ones for all words of a text."""
    return dropout1d(vectors.transpose(1, 2), rate, is_train).transpose(1, 2)


@registry.architectures("spacy-elmo-paper.SpanReader.v1")
def build_span_reader(
    tok2vec: Model[list[Doc], list[Any]], width: int = 100, dropout: float = 0.2
) -> Model[list[Doc], list[NDArray]]:
    """Build the reader of questions and contexts on top of vectors of words.

    Args:
        tok2vec: Docs to vectors of their tokens.
        width: Numbers that a linear layer makes of each vector, and the size of all that follows; even.
        dropout: Before attention and recurrent layers, the same for all words of a text.

    Returns:
        Docs to (2, tokens of the context): the scores of where the answer begins, and of its last token.
    """
    if width < 2 or width % 2:
        raise ValueError(f"width = {width!r}: must be an even number of at least 2, half of it for each direction")
    return build_head("span_reader", _forward, tok2vec, width, SpanReader(width, dropout))


def _forward(model: Model, docs: list[Doc], is_train: bool) -> tuple[list[NDArray], Callable]:
    encode, reader = model.layers
    words, backprop_encode = encode(docs, is_train)
    bounds = [find_question(doc) for doc in docs]
    offsets = [0, *accumulate(map(len, docs))]
    asked = [i for i, doc in enumerate(docs) if bounds[i][1] < len(doc)]
    if not asked:
        return [np.zeros((2, 0), dtype="float32") for _ in docs], lambda gradients: backprop_encode(
            [model.ops.xp.zeros_like(vectors) for vectors in words]
        )
    questions = pad([range(offsets[i] + bounds[i][0], offsets[i] + bounds[i][1]) for i in asked])
    contexts = pad([range(offsets[i] + bounds[i][1], offsets[i + 1]) for i in asked])
    outputs, backprop_reader = reader((model.ops.flatten(words), questions, contexts), is_train)
    padded = np.stack(outputs, axis=1)
    lengths = [len(doc) - end for doc, (_, end) in zip(docs, bounds)]
    rows = dict(zip(asked, padded))
    scores = [rows[i][:, :n] if n else np.zeros((2, 0), dtype="float32") for i, n in enumerate(lengths)]

    def backprop(gradients: list[NDArray]) -> list[Doc]:
        d_padded = np.zeros_like(padded)
        for row, i in enumerate(asked):
            d_padded[row, :, : lengths[i]] = gradients[i]
        d_words = backprop_reader((d_padded[:, 0], d_padded[:, 1]))
        return backprop_encode(model.ops.unflatten(d_words, model.ops.asarray1i([len(doc) for doc in docs])))

    return scores, backprop


def pad(rows: list[range]) -> NDArray:
    """Return (rows, longest), -1 behind the end of each."""
    padded = np.full((len(rows), max(map(len, rows))), -1)
    for i, numbers in enumerate(rows):
        padded[i, : len(numbers)] = numbers
    return padded


def find_best(scores: NDArray, max_length: int) -> tuple[int, int]:
    """Return the first token and the one behind the best span of at most `max_length` tokens, from (2, tokens)."""
    n = scores.shape[1]
    is_span = np.triu(np.ones((n, n), dtype=bool)) & ~np.triu(np.ones((n, n), dtype=bool), k=max_length)
    first, last = divmod(int(np.where(is_span, scores[0][:, None] + scores[1], -np.inf).argmax()), n)
    return first, last + 1


class AnswerSpan(TrainablePipe):
    """Find the answer to `doc.spans["question"]` in the tokens behind it, and write it to `doc.spans["answer"]`.

    Args:
        vocab: The shared vocabulary.
        model: `spacy-elmo-paper.SpanReader.v1`.
        name: Name of the component.
        max_length: Tokens of the longest answer.
        scorer: Scores of examples.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model,
        name: str = "answer_span",
        *,
        max_length: int = 17,
        scorer: Callable | None = score_answers,
    ):
        if max_length < 1:
            raise ValueError(f"max_length = {max_length!r}: must be at least 1")
        self.vocab, self.model, self.name = vocab, model, name
        self.cfg: dict[str, Any] = {"max_length": max_length}
        self.scorer = scorer

    def predict(self, docs: Sequence[Doc]) -> list[NDArray]:
        """Return (2, tokens of the context) for each Doc. Raises ValueError for a Doc without a question."""
        if not any(map(len, docs)):
            return [np.zeros((2, 0), dtype="float32") for _ in docs]
        return self.model.predict(list(docs))

    def set_annotations(self, docs: Sequence[Doc], scores: list[NDArray]) -> None:
        """Write the best span; none where there is no context."""
        for doc, both in zip(docs, scores):
            start, end = find_best(both, self.cfg["max_length"]) if both.shape[1] else (0, 0)
            context = len(doc) - both.shape[1]
            doc.spans["answer"] = [doc[context + start : context + end]] if end else []

    def get_loss(self, examples: Iterable[Example], scores: list[NDArray]) -> tuple[float, list[NDArray]]:
        """Return the mean loss of a question, and gradients. A question without answers in its context has none."""
        examples = list(examples)
        validate_examples(examples, "AnswerSpan.get_loss")
        losses = [marginal_loss(both, find_right(eg, both.shape[1])) for eg, both in zip(examples, scores)]
        n = max(len(examples), 1)
        return sum(loss for loss, _ in losses) / n, [gradient / n for _, gradient in losses]

    def initialize(self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language | None = None) -> None:
        """Set the widths of layers by ten examples. Raises ValueError without answers or without a question."""
        validate_get_examples(get_examples, "AnswerSpan.initialize")
        examples = list(islice(get_examples(), 10))
        if not any("answers" in example.reference.spans for example in examples):
            raise ValueError(f'{self.name}: no answers to learn from; examples need doc.spans["answers"]')
        for example in examples:
            find_question(example.predicted)
        self.model.initialize(X=[example.predicted for example in examples])


def find_right(example: Example, n_words: int) -> NDArray:
    """Return (2, tokens of the context): where gold answers begin, and their last tokens."""
    is_right = np.zeros((2, n_words), dtype=bool)
    context = len(example.predicted) - n_words
    for span in example.reference.spans.get("answers", []):
        tokens = example.alignment.y2x[span.start : span.end]
        if len(tokens) and tokens[0] >= context:
            is_right[0, tokens[0] - context] = is_right[1, tokens[-1] - context] = True
    return is_right


@Language.factory(
    "answer_span",
    assigns=["doc.spans"],
    default_config={
        "model": {
            "@architectures": "spacy-elmo-paper.SpanReader.v1",
            "tok2vec": make_tok2vec("tok2vec", parts=QUESTION),
        },
        "max_length": 17,
        "scorer": {"@scorers": "spacy-elmo-paper.answer_scorer.v1"},
    },
    default_score_weights={"answer_f1": 1.0, "answer_em": None},
)
def make_answer_span(nlp: Language, name: str, model: Model, max_length: int, scorer: Callable | None) -> AnswerSpan:
    """Make an AnswerSpan, for configs."""
    return AnswerSpan(nlp.vocab, model, name, max_length=max_length, scorer=scorer)
