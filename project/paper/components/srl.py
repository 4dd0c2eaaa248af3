"""Semantic roles by tags of words, for each predicate (paper, section 4; He et al. 2017): factory "srl"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, islice
from typing import Any

import torch
from spacy.language import Language
from spacy.tokens import Doc, Span, Token
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import minibatch
from thinc.api import Model, set_dropout_rate
from torch import Tensor
from torch.nn import functional

from project.paper.scorers import semantic_roles  # noqa: F401  registers the scorer

from ..layers.bio import Place, decode, encode, make_tags
from ..layers.crf import allow_bio, forbid, viterbi
from ..layers.wrap import pad_rows
from .labeled_pipe import LabeledPipe
from .role_tagger import AT_ONCE, Frame, Inputs, Scores
from .systems import make_tok2vec

ROLES, PREDICATES = "srl", "predicates"  # of `doc.spans`
VERB = "V"
WIDTH = 128


@Language.factory(
    "srl",
    assigns=["doc.spans", "token._.srl"],
    default_config={
        "model": {
            "@architectures": "spacy-elmo-paper.SemanticRoles.v1",
            "tok2vec": make_tok2vec("tok2vec", width=WIDTH, encoder="none"),  # the encoder comes behind the mark
            "output": None,
            "width": WIDTH,
            "depth": 4,
            "dropout": 0.1,
        },
        "scorer": {"@scorers": "spacy-elmo-paper.SemanticRoles.v1"},
    },
    default_score_weights={"srl_f": 1.0, "srl_p": 0.0, "srl_r": 0.0, "srl_per_type": None},
)
def make_srl(nlp: Language, name: str, model: Model[Inputs, Scores], scorer: Callable | None) -> SemanticRoles:
    """Build the component from a config."""
    return SemanticRoles(nlp.vocab, model, name, scorer=scorer)


class SemanticRoles(LabeledPipe):
    """Find predicates and their arguments: `doc.spans["srl"]`.

    The label of a span is its role, "V" for the predicate itself, and its `id_` the number of the predicate's token.
    `token._.srl` has those of a predicate. Where a Doc has `doc.spans["predicates"]`, the first tokens of these are the
    predicates. Arguments are those of the best sequence of BIO tags with "V" at the predicate and nowhere else, so
    those of one predicate do not overlap. Whitespace is passed over.

    Args:
        vocab: That of the pipeline.
        model: Scores of predicates and tags.
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
        """Find out the roles, and set up the model.

        Args:
            get_examples: Returns examples.
            nlp: The pipeline.
            labels: Roles; None for those of the examples.

        Raises:
            ValueError: Where there are none.
        """
        validate_get_examples(get_examples, "SemanticRoles.initialize")
        references = (eg.reference for eg in get_examples())
        found = {span.label_ for doc in references if ROLES in doc.spans for span in doc.spans[ROLES]}
        chosen = found if labels is None else {*labels}
        if not chosen:
            raise ValueError(f'{self.name}: no roles in the examples; annotate `doc.spans["{ROLES}"]` of training data')
        self.cfg["labels"] = sorted({VERB, *chosen})
        self.model.set_dim("nO", len(make_tags(self.labels)), force=True)
        docs = [eg.predicted for eg in islice(get_examples(), 10)]
        self.model.initialize(X=(docs, [[] for _ in docs]))

    def predict(self, docs: Iterable[Doc]) -> list[list[tuple[int, Place]]]:
        """Return the predicates and arguments of each Doc, in order."""
        docs = list(docs)
        found: list[list[tuple[int, Place]]] = [[] for _ in docs]
        if not any(map(len, docs)):
            return found
        tags = make_tags(self.labels)
        scores = self.model.predict((docs, [_find_given(doc) for doc in docs]))
        roles = torch.log_softmax(torch.tensor(self.model.ops.to_numpy(scores.roles)), dim=1)
        between = forbid(torch.zeros(len(tags) + 1, len(tags) + 1), allow_bio(tags))
        ends = accumulate(len(frame.words) for frame in scores.frames)
        rows = [range(end - len(frame.words), end) for frame, end in zip(scores.frames, ends)]
        for frames, places in zip(minibatch(scores.frames, AT_ONCE), minibatch(rows, AT_ONCE)):
            index, lengths = pad_rows(places)
            paths = viterbi(self._mark_predicates(roles, index, frames), between, lengths)
            for frame, path in zip(frames, paths.tolist()):
                arguments = decode([tags[i] for i in path[: len(frame.words)]], frame.words)
                found[frame.doc] += [(frame.predicate, argument) for argument in arguments]
        return [sorted(arguments) for arguments in found]

    def _mark_predicates(self, roles: Tensor, index: Tensor, frames: Sequence[Frame]) -> Tensor:
        """Return (frames, words, tags): scores with "V" at the predicate and nowhere else."""
        marked = roles[index]
        is_verb = torch.arange(marked.shape[2]) == make_tags(self.labels).index(f"B-{VERB}")
        places = torch.tensor([frame.words.index(frame.predicate) for frame in frames])
        is_predicate = torch.arange(marked.shape[1]) == places[:, None]
        return forbid(marked, is_predicate[:, :, None] == is_verb)

    def set_annotations(self, docs: Iterable[Doc], scores: list[list[tuple[int, Place]]]) -> None:
        """Set `doc.spans["srl"]`."""
        for doc, arguments in zip(docs, scores):
            doc.spans[ROLES] = [
                Span(doc, start, end, label=role, span_id=str(i)) for i, (start, end, role) in arguments
            ]

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Any = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn to find the annotated predicates, and the roles of the words for each of them."""
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "SemanticRoles.update")
        docs = [eg.predicted for eg in examples]
        if not any(map(len, docs)):
            return losses
        set_dropout_rate(self.model, drop)
        scores, backprop = self.model.begin_update((docs, [[*_group_roles(eg)] for eg in examples]))
        loss, d_scores = self.get_loss(examples, scores)
        backprop(d_scores)
        if sgd not in (None, False):
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def get_loss(self, examples: Sequence[Example], scores: Scores) -> tuple[float, Scores]:
        """Return the cross-entropy of predicates and of tags, summed over words, and its gradients."""
        ops = self.model.ops
        grouped = [_group_roles(eg) for eg in examples]
        tags = torch.tensor(self._find_tags(examples, grouped, scores.frames), dtype=torch.int64)
        is_predicate, is_known = torch.tensor(_find_predicates(examples, grouped), dtype=torch.float32).T
        words, roles = (torch.tensor(ops.to_numpy(part), requires_grad=True) for part in scores[:2])
        of_words = functional.binary_cross_entropy_with_logits(words, is_predicate, is_known, reduction="sum")
        loss = of_words + functional.cross_entropy(roles, tags, reduction="sum")
        d_words, d_roles = torch.autograd.grad(loss, [words, roles])
        return loss.item(), Scores(ops.asarray1f(d_words.numpy()), ops.asarray2f(d_roles.numpy()), scores.frames)

    def _find_tags(self, examples: Sequence[Example], grouped: list[Grouped], frames: list[Frame]) -> list[int]:
        """Return the right tag of each word of each frame."""
        numbers = {tag: i for i, tag in enumerate(make_tags(self.labels))}
        found = []
        for frame in frames:
            spans = grouped[frame.doc][frame.predicate]
            aligned = examples[frame.doc].get_aligned_spans_y2x(spans, allow_overlap=True)
            if unknown := {span.label_ for span in aligned} - {*self.labels}:
                names = ", ".join(sorted(unknown))
                raise ValueError(f"{self.name}: no such role: {names}; initialize it with all roles")
            verb = [span.end for span in aligned if span.label_ == VERB]
            places = [(frame.predicate, max([frame.predicate + 1, *verb]), VERB)]
            places += [(span.start, span.end, span.label_) for span in aligned if span.label_ != VERB]
            found += [numbers[tag] for tag in encode(places, frame.words)]
        return found


Grouped = dict[int, list[Span]]  # annotated spans of each predicate, by the token of it in the Doc to predict on


def _group_roles(eg: Example) -> Grouped:
    """Return the annotated roles of the predicates that are tokens of the predicted Doc as well."""
    grouped: Grouped = {}
    for span in eg.reference.spans.get(ROLES, ()):
        if not span.id_.isdecimal() or int(span.id_) >= len(eg.reference):
            raise ValueError(
                f"the role {span.label_} of {span.text!r} has the `span_id` {span.id_!r}: give it the number of a token"
            )
        aligned = eg.alignment.y2x[int(span.id_)]
        if len(aligned) == 1:
            grouped.setdefault(int(aligned[0]), []).append(span)
    return grouped


def _find_predicates(examples: Sequence[Example], grouped: list[Grouped]) -> list[tuple[bool, bool]]:
    """Return of each token whether it is a predicate, and whether that is known."""
    return [
        (token.i in roles, ROLES in eg.reference.spans and not token.is_space)
        for eg, roles in zip(examples, grouped)
        for token in eg.predicted
    ]


def _find_given(doc: Doc) -> list[int] | None:
    """Return the tokens that are said to be predicates; None where nothing is said."""
    return sorted({span.start for span in doc.spans[PREDICATES]}) if PREDICATES in doc.spans else None


def get_roles(token: Token) -> list[Span]:
    """Return the arguments of a predicate, and itself as "V"; none for other tokens."""
    return [span for span in token.doc.spans.get(ROLES, ()) if span.id_ == str(token.i)]


if not Token.has_extension("srl"):
    Token.set_extension("srl", getter=get_roles)
