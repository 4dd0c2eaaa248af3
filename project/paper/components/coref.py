"""Coreference by ranking spans (paper, section 4, coreference resolution; Lee et al. 2017).

All spans up to a width get a score as mentions. The best of them, none of which cross, are compared with those before
them: each takes the antecedent with the highest score, or none. It differs from Lee et al. in that heads are sought in
the vectors behind the encoder, not before it; that mentions are taught as such, so that those of LitBank that are alone
are found; and that nothing is known of speaker and genre, which LitBank does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

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

from ..layers.heads import build_head
from ..layers.marginal import marginal_loss
from ..layers.parts import number_sentences
from ..scorers.coreference import PREFIX, score_coref
from .systems import make_tok2vec

FEATURES = 20  # numbers that stand for the width of a span
DISTANCES = (1, 2, 3, 4, 5, 8, 16, 32, 64)  # where a new kind of distance begins, in spans


class Ranking(NamedTuple):
    """The scores of a Doc.

    Attributes:
        mentions: (spans,): of each span as a mention, above 0 where it is more likely one.
        pairs: (kept, 1 + antecedents): of no antecedent, which is 0, and of the first, second... span before, in those
            that were kept; -inf where there is none.
        spans: (spans, 2): the first token and the one behind, of all spans up to a width within sentences.
        kept: (kept,): the spans that antecedents are sought for, in the order of the text.
    """

    mentions: NDArray
    pairs: NDArray
    spans: NDArray
    kept: NDArray


class SpanRanker(nn.Module):
    """Rank the spans of one Doc. `build_span_ranking` says what the settings mean."""

    def __init__(self, width: int, hidden: int, max_width: int, per_word: float, max_antecedents: int, dropout: float):
        super().__init__()
        self.max_width, self.per_word, self.max_antecedents = max_width, per_word, max_antecedents
        size = 3 * width + FEATURES
        self.attention = _feed_forward(width, hidden, dropout)
        self.widths = nn.Embedding(max_width, FEATURES)
        self.mention = _feed_forward(size, hidden, dropout)
        # The first layer over [span, antecedent, their product, distance], part by part: spans are multiplied once
        self.anaphor, self.antecedent = nn.Linear(size, hidden), nn.Linear(size, hidden, bias=False)
        self.product, self.distances = nn.Linear(size, hidden, bias=False), nn.Embedding(len(DISTANCES), hidden)
        self.pair = _behind_first(hidden, dropout)

    def forward(self, words: Tensor, sentences: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the fields of a Ranking, from (tokens, width) and the number of each token's sentence."""
        spans, heads = self._find_spans(words, sentences)
        starts, lasts = spans[:, 0], spans[:, 1] - 1
        vectors = torch.cat([words[starts], words[lasts], heads, self.widths(lasts - starts)], dim=1)
        mentions = self.mention(vectors).squeeze(1)
        limit = max(1, int(self.per_word * len(words)))
        kept = torch.tensor(prune(spans.tolist(), mentions.tolist(), limit), device=words.device)
        return mentions, self._rank(vectors[kept], mentions[kept]), spans, kept

    def _find_spans(self, words: Tensor, sentences: Tensor) -> tuple[Tensor, Tensor]:
        """Return (spans, 2) and (spans, width): the means of their words, weighted by attention."""
        attention = self.attention(words).squeeze(1)
        spans, heads = [], []
        for width in range(1, min(self.max_width, len(words)) + 1):
            starts = torch.arange(len(words) - width + 1, device=words.device)
            starts = starts[sentences[starts] == sentences[starts + width - 1]]
            weights = attention.unfold(0, width, 1)[starts].softmax(1)
            heads.append((words.unfold(0, width, 1)[starts] @ weights[:, :, None]).squeeze(2))
            spans.append(torch.stack([starts, starts + width], dim=1))
        return torch.cat(spans), torch.cat(heads)

    def _rank(self, vectors: Tensor, mentions: Tensor) -> Tensor:
        """Return (kept, 1 + antecedents), the scores of pairs."""
        places = torch.arange(len(vectors), device=vectors.device)
        offsets = places[1 : self.max_antecedents + 1]
        before = places[:, None] - offsets
        is_there, before = before >= 0, before.clamp(min=0)
        distances = torch.bucketize(offsets, torch.tensor(DISTANCES, device=vectors.device), right=True) - 1
        first = self.anaphor(vectors)[:, None] + self.antecedent(vectors)[before] + self.distances(distances)
        pairs = self.pair(first + self.product(vectors[:, None] * vectors[before])).squeeze(2)
        pairs = pairs + mentions[:, None] + mentions[before]
        none = torch.zeros_like(mentions)[:, None]
        return torch.cat([none, pairs.masked_fill(~is_there, -torch.inf)], dim=1)


def _feed_forward(size: int, hidden: int, dropout: float) -> nn.Sequential:
    """Return a network with two hidden layers and one output."""
    return nn.Sequential(nn.Linear(size, hidden), _behind_first(hidden, dropout))


def _behind_first(hidden: int, dropout: float) -> nn.Sequential:
    """Return what comes behind the first layer of a network."""
    between = nn.Linear(hidden, hidden)
    return nn.Sequential(nn.ReLU(), nn.Dropout(dropout), between, nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 1))


def prune(spans: Sequence[Sequence[int]], scores: Sequence[float], limit: int) -> list[int]:
    """Return the spans with the best scores, none of which cross, at most `limit`, in the order of the text."""
    size = max(end for _, end in spans) + 1
    latest, earliest = [0] * size, list(range(size))  # ends of kept spans by start, starts by end
    kept: list[int] = []
    for i in sorted(range(len(spans)), key=lambda i: -scores[i]):
        if len(kept) == limit:
            break
        start, end = spans[i]
        if max(latest[start + 1 : end], default=0) <= end and min(earliest[start + 1 : end], default=start) >= start:
            kept.append(i)
            latest[start], earliest[end] = max(latest[start], end), min(earliest[end], start)
    return sorted(kept, key=lambda i: tuple(spans[i]))


@registry.architectures("spacy-elmo-paper.SpanRanking.v1")
def build_span_ranking(
    tok2vec: Model[list[Doc], list[Any]],
    width: int = 100,
    hidden: int = 100,
    max_span_width: int = 10,
    spans_per_word: float = 0.25,
    max_antecedents: int = 50,
    dropout: float = 0.2,
) -> Model[list[Doc], list[Ranking | None]]:
    """Build the ranking of spans on top of vectors of words.

    Lee et al. have hidden layers of 150, 0.4 spans a word and 250 antecedents. The defaults are for a CPU: 1 in 7 words
    of LitBank begins a mention, and 93% of those that have an antecedent have one within 170 words.

    Args:
        tok2vec: Docs to vectors of their tokens.
        width: Numbers that a linear layer makes of each vector.
        hidden: Size of hidden layers.
        max_span_width: Tokens of the longest mention.
        spans_per_word: How many spans are kept, as a share of the tokens.
        max_antecedents: How many of them each is compared with, the nearest before it.
        dropout: After hidden layers.

    Returns:
        Docs to their rankings; None for Docs without tokens.
    """
    ranker = SpanRanker(width, hidden, max_span_width, spans_per_word, max_antecedents, dropout)
    return build_head("span_ranking", _forward, tok2vec, width, ranker)


def _forward(model: Model, docs: list[Doc], is_train: bool) -> tuple[list[Ranking | None], Callable]:
    encode, ranker = model.layers
    words, backprop_encode = encode(docs, is_train)
    inputs = ((vectors, number_sentences(doc)) for vectors, doc in zip(words, docs))
    ranked = [ranker(pair, is_train) if len(pair[0]) else None for pair in inputs]
    rankings = [pair and Ranking(*pair[0]) for pair in ranked]

    def backprop(gradients: list[tuple[NDArray, NDArray] | None]) -> list[Doc]:
        d_words = []
        for vectors, pair, gradient in zip(words, ranked, gradients):
            if pair is None or gradient is None:
                d_words.append(model.ops.xp.zeros_like(vectors))
            else:
                d_words.append(pair[1](gradient))
        return backprop_encode(d_words)

    return rankings, backprop


def find_clusters(ranking: Ranking, with_single: bool) -> list[list[tuple[int, int]]]:
    """Return clusters of (start, end) in the order of the text; a mention alone is one where its score is above 0."""
    clusters: list[list[int]] = []
    places: list[int] = []
    for i, back in enumerate(ranking.pairs.argmax(axis=1).tolist()):
        places.append(places[i - back] if back else len(clusters))
        if not back:
            clusters.append([])
        clusters[places[i]].append(int(ranking.kept[i]))
    found = [cluster for cluster in clusters if len(cluster) > 1 or (with_single and ranking.mentions[cluster[0]] > 0)]
    return [[tuple(ranking.spans[i].tolist()) for i in cluster] for cluster in found]


class Coref(TrainablePipe):
    """Find mentions of the same, and write them to `doc.spans["coref_clusters_1"]` and so on.

    Args:
        vocab: The shared vocabulary.
        model: `spacy-elmo-paper.SpanRanking.v1`.
        name: Name of the component.
        with_single: Whether a mention without others is a cluster, as in LitBank; not so in OntoNotes.
        scorer: Scores of examples.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model,
        name: str = "coref",
        *,
        with_single: bool = True,
        scorer: Callable | None = score_coref,
    ):
        self.vocab, self.model, self.name = vocab, model, name
        self.cfg: dict[str, Any] = {"with_single": with_single}
        self.scorer = scorer

    def predict(self, docs: Sequence[Doc]) -> list[Ranking | None]:
        """Return the scores of the spans of each Doc, None for Docs without tokens."""
        return self.model.predict(list(docs)) if any(map(len, docs)) else [None] * len(docs)

    def set_annotations(self, docs: Sequence[Doc], scores: list[Ranking | None]) -> None:
        """Replace the clusters of Docs."""
        for doc, ranking in zip(docs, scores):
            for key in [key for key in doc.spans if key.startswith(f"{PREFIX}_")]:
                del doc.spans[key]
            clusters = [] if ranking is None else find_clusters(ranking, self.cfg["with_single"])
            for i, cluster in enumerate(clusters, start=1):
                doc.spans[f"{PREFIX}_{i}"] = [doc[start:end] for start, end in cluster]

    def get_loss(self, examples: Iterable[Example], scores: list[Ranking | None]) -> tuple[float, list]:
        """Return the loss for a token, and gradients: that mentions are such, and of their right antecedents."""
        examples = list(examples)
        validate_examples(examples, "Coref.get_loss")
        n_words = max(sum(len(example.predicted) for example in examples), 1)
        total = 0.0
        gradients: list[tuple[NDArray, NDArray] | None] = []
        for example, ranking in zip(examples, scores):
            if ranking is None:
                gradients.append(None)
                continue
            clusters = number_clusters(example, ranking.spans)
            is_right = find_antecedents(clusters[ranking.kept], ranking.pairs.shape[1])
            pair_loss, d_pairs = marginal_loss(ranking.pairs, is_right)
            is_mention = (clusters >= 0).astype("float32")
            d_mentions = 1 / (1 + np.exp(-ranking.mentions)) - is_mention
            total += pair_loss + float((np.logaddexp(0, ranking.mentions) - is_mention * ranking.mentions).sum())
            gradients.append((d_mentions / n_words, d_pairs / n_words))
        return total / n_words, gradients

    def initialize(self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language | None = None) -> None:
        """Set the widths of layers by ten examples. Raises ValueError where none has clusters."""
        validate_get_examples(get_examples, "Coref.initialize")
        examples = list(islice(get_examples(), 10))
        if not any(key.startswith(f"{PREFIX}_") for example in examples for key in example.reference.spans):
            raise ValueError(f'{self.name}: no clusters to learn from; examples need doc.spans["{PREFIX}_1"] and so on')
        self.model.initialize(X=[example.predicted for example in examples])


def number_clusters(example: Example, spans: NDArray) -> NDArray:
    """Return the number of the gold cluster of each span, (spans,), -1 for those that are no mentions."""
    groups = [group for key, group in example.reference.spans.items() if key.startswith(f"{PREFIX}_")]
    align = example.alignment.y2x
    widths = spans[:, 1] - spans[:, 0]
    table = np.full((len(example.predicted), int(widths.max()) + 1), -1)
    for number, group in enumerate(groups):
        for span in group:
            tokens = align[span.start : span.end]
            if len(tokens) and (width := tokens[-1] + 1 - tokens[0]) < table.shape[1]:
                table[tokens[0], width] = number
    return table[spans[:, 0], widths]


def find_antecedents(clusters: NDArray, width: int) -> NDArray:
    """Return (kept, width): which of the spans before each are of its cluster, or in column 0 that none is."""
    before = np.arange(len(clusters))[:, None] - np.arange(width)
    is_right = (clusters[before] == clusters[:, None]) & (before >= 0) & (clusters[:, None] >= 0)
    is_right[:, 0] = ~is_right[:, 1:].any(axis=1)
    return is_right


@Language.factory(
    "coref",
    assigns=["doc.spans"],
    default_config={
        "model": {
            "@architectures": "spacy-elmo-paper.SpanRanking.v1",
            "tok2vec": make_tok2vec("tok2vec", parts="sentences"),
        },
        "with_single": True,
        "scorer": {"@scorers": "spacy-elmo-paper.coref_scorer.v1"},
    },
    default_score_weights={"coref_conll_f": 1.0, "coref_muc_f": None, "coref_b3_f": None, "coref_ceafe_f": None},
)
def make_coref(nlp: Language, name: str, model: Model, with_single: bool, scorer: Callable | None) -> Coref:
    """Make a Coref, for configs."""
    return Coref(nlp.vocab, model, name, with_single=with_single, scorer=scorer)
