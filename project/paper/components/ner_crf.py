"""Entities by a biLSTM and a conditional random field (paper, section 4; Lample et al. 2016): factory "ner_crf"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, cast

import numpy as np
import torch
from spacy import registry
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example, validate_get_examples
from thinc.api import Linear, Model, chain, with_array
from thinc.types import Floats2d

from ..layers.bio import Place, decode, encode, find_words, make_tags
from ..layers.crf import allow_bio, forbid, negative_log_likelihood, viterbi
from ..layers.wrap import pad_rows
from .labeled_pipe import LabeledPipe
from .systems import make_tok2vec

Scores = tuple[list[Floats2d], Floats2d]  # emissions of each Doc, (tokens, tags), and transitions
WIDTH, DEPTH, DROPOUT = 128, 2, 0.5  # of the encoder where a config says nothing


@registry.architectures("spacy-elmo-paper.CRF.v1")
def build_crf(tok2vec: Model[list[Doc], list[Floats2d]]) -> Model[list[Doc], Scores]:
    """Build what scores the tags of words, and pairs of tags, by features of words."""
    emit: Model = chain(tok2vec, with_array(Linear()))
    return Model(
        "crf",
        forward,
        init=init,
        layers=[emit],
        params={"transitions": None},
        dims={"nO": None},
        refs={"tok2vec": tok2vec},
    )


def init(model: Model[list[Doc], Scores], X: list[Doc] | None = None, Y: Any = None) -> None:
    n_tags = model.get_dim("nO")
    model.layers[0].layers[-1].layers[0].set_dim("nO", n_tags)
    model.layers[0].initialize(X=X)
    model.set_param("transitions", model.ops.alloc2f(n_tags + 1, n_tags + 1))


def forward(model: Model[list[Doc], Scores], docs: list[Doc], is_train: bool) -> tuple[Scores, Callable]:
    emissions, backprop_emissions = model.layers[0](docs, is_train)

    def backprop(d_scores: Scores) -> list[Doc]:
        d_emissions, d_transitions = d_scores
        model.inc_grad("transitions", d_transitions)
        return backprop_emissions(d_emissions)

    return (emissions, cast(Floats2d, model.get_param("transitions"))), backprop


@Language.factory(
    "ner_crf",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={
        "model": {
            "@architectures": "spacy-elmo-paper.CRF.v1",
            "tok2vec": make_tok2vec("tok2vec", width=WIDTH, depth=DEPTH, encoder_dropout=DROPOUT),
        },
        "scorer": {"@scorers": "spacy.ner_scorer.v1"},
    },
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
)
def make_ner_crf(nlp: Language, name: str, model: Model[list[Doc], Scores], scorer: Callable | None) -> NerCrf:
    """Build the component from a config."""
    return NerCrf(nlp.vocab, model, name, scorer=scorer)


class NerCrf(LabeledPipe):
    """Find entities as the best sequence of BIO tags, in training and in prediction among those that are possible.

    Words whose entity is not annotated, or not aligned with the tokens, may have any tag in training. Whitespace is
    passed over.

    Args:
        vocab: That of the pipeline.
        model: Scores of tags and transitions.
        name: Name of the component.
        scorer: Scores predictions; None for no scores.
    """

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: list[str] | None = None,
    ) -> None:
        """Find out the types of entities, and set up the model.

        Args:
            get_examples: Returns examples.
            nlp: The pipeline.
            labels: Types of entities; None for those of the examples.

        Raises:
            ValueError: Where there are none.
        """
        validate_get_examples(get_examples, "NerCrf.initialize")
        found = {ent.label_ for eg in get_examples() for ent in eg.reference.ents}
        self.cfg["labels"] = sorted(found) if labels is None else list(labels)
        if not self.labels:
            raise ValueError(f"{self.name}: no entities in the examples; annotate `doc.ents` of the training data")
        self.model.set_dim("nO", len(make_tags(self.labels)), force=True)
        self.model.initialize(X=[eg.predicted for eg in islice(get_examples(), 10)])

    def predict(self, docs: Iterable[Doc]) -> list[list[Place]]:
        """Return the entities of each Doc."""
        docs = list(docs)
        words = [find_words(doc) for doc in docs]
        tags = make_tags(self.labels)
        found: list[list[Place]] = [[] for _ in docs]
        if not any(words):
            return found
        emissions, transitions = self._to_torch(self.model.predict(docs))
        index, lengths = _index(docs, words)
        paths = viterbi(emissions[index], forbid(transitions, allow_bio(tags)), lengths)
        for i, path in zip([i for i, numbers in enumerate(words) if numbers], paths.tolist()):
            found[i] = decode([tags[tag] for tag in path[: len(words[i])]], words[i])
        return found

    def set_annotations(self, docs: Iterable[Doc], scores: list[list[Place]]) -> None:
        """Set `doc.ents`."""
        for doc, places in zip(docs, scores):
            doc.set_ents([Span(doc, start, end, label=label) for start, end, label in places])

    def get_loss(self, examples: Sequence[Example], scores: Scores) -> tuple[float, Scores]:
        """Return -log p(annotated entities), summed over Docs, and its gradients."""
        docs = [eg.predicted for eg in examples]
        words = [find_words(doc) for doc in docs]
        ops = self.model.ops
        if not any(words):
            return 0.0, ([ops.alloc2f(*rows.shape) for rows in scores[0]], ops.alloc2f(*scores[1].shape))
        emissions, transitions = (part.requires_grad_() for part in self._to_torch(scores))
        index, lengths = _index(docs, words)
        gold = torch.from_numpy(np.concatenate([self._find_gold(eg, w) for eg, w in zip(examples, words)]))
        allowed = forbid(transitions, allow_bio(make_tags(self.labels)))
        loss = negative_log_likelihood(emissions[index], allowed, lengths, gold[index])
        gradients = torch.autograd.grad(loss, [emissions, transitions])
        d_emissions, d_transitions = (ops.asarray2f(gradient.numpy()) for gradient in gradients)
        return loss.item(), (ops.unflatten(d_emissions, ops.asarray1i([len(doc) for doc in docs])), d_transitions)

    def _to_torch(self, scores: Scores) -> list[torch.Tensor]:
        """Return emissions of the tokens of all Docs, and transitions."""
        ops = self.model.ops
        return [torch.tensor(ops.to_numpy(part)) for part in (ops.flatten(scores[0]), scores[1])]

    def _find_gold(self, eg: Example, words: list[int]) -> np.ndarray:
        """Return (tokens, tags), bool: which tags are right, as far as is known."""
        tags = make_tags(self.labels)
        ents, known = eg.get_aligned_ents_and_ner()
        if unknown := {ent.label_ for ent in ents} - {*self.labels}:
            raise ValueError(f"{self.name}: no such label: {', '.join(sorted(unknown))}; initialize it with all labels")
        gold = np.ones((len(known), len(tags)), dtype=bool)
        for word, tag in zip(words, encode(((ent.start, ent.end, ent.label_) for ent in ents), words)):
            if known[word] is not None:
                gold[word] = np.arange(len(tags)) == tags.index(tag)
        return gold


def _index(docs: Sequence[Doc], words: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return which tokens of all are the words of each Doc that has any, padded, and how many there are."""
    offsets = np.cumsum([0, *map(len, docs)])
    return pad_rows([[offset + i for i in numbers] for offset, numbers in zip(offsets, words) if numbers])
