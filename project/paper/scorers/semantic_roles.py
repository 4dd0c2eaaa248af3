"""Semantic roles as CoNLL-2005 scores them (Carreras and Marquez 2005): whole arguments of each predicate.

As in its `srl-eval.pl`: an argument is right if its role and all its words are. A `C-X` continues the last `X` before
it, and both are one argument; where there is none, it is an `X` itself. An `R-X` is a role of its own. `V`, which is
the predicate, is left out. There, predicates are given; where they are not, arguments of what is none are errors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from spacy import registry
from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.training import Example

Place = tuple[int, int, str]  # start and end of a span, and its role
Frames = dict[int, list[Place]]  # by the place of the predicate
Argument = tuple[str, tuple[tuple[int, int], ...]]  # a role, and the pieces of the argument
VERB = "V"


def join_pieces(places: Iterable[Place]) -> set[Argument]:
    """Return the arguments of a predicate, those of several pieces as one, without the predicate itself."""
    arguments: list[tuple[str, list[tuple[int, int]]]] = []
    last: dict[str, list[tuple[int, int]]] = {}
    for start, end, role in sorted(places):
        name = role.removeprefix("C-")
        if name != role and name in last:
            last[name].append((start, end))
        else:
            last[name] = [(start, end)]
            arguments.append((name, last[name]))
    return {(name, tuple(pieces)) for name, pieces in arguments if name != VERB}


def score_roles(sentences: Iterable[tuple[Frames, Frames]]) -> dict[str, Any]:
    """Score sentences by their annotated and predicted frames.

    Returns:
        `srl_p`, `srl_r` and `srl_f` from 0 to 1, `srl_per_type` with the same by role, `srl_perfect`, the share of
        annotated predicates whose arguments are all right, and `predicates_p`, `predicates_r` and `predicates_f`.
    """
    overall, predicates = PRFScore(), PRFScore()
    by_role: defaultdict[str, PRFScore] = defaultdict(PRFScore)
    n_perfect = n_frames = 0
    for gold, predicted in sentences:
        predicates.score_set({*predicted}, {*gold})
        n_frames += len(gold)
        for predicate in gold.keys() | predicted.keys():
            right, found = (join_pieces(frames.get(predicate, ())) for frames in (gold, predicted))
            n_perfect += predicate in gold and right == found
            overall.score_set(found, right)
            for role in {name for name, _ in right | found}:
                by_role[role].score_set(*({part for part in parts if part[0] == role} for parts in (found, right)))
    return {
        **{f"srl_{key}": value for key, value in overall.to_dict().items()},
        "srl_per_type": {role: by_role[role].to_dict() for role in sorted(by_role)},
        "srl_perfect": n_perfect / n_frames if n_frames else 0.0,
        **{f"predicates_{key}": value for key, value in predicates.to_dict().items()},
    }


def get_frames(doc: Doc) -> Frames:
    """Return the roles in `doc.spans["srl"]`, by characters: tokens may differ between Docs."""
    frames: Frames = {}
    for span in doc.spans.get("srl", ()):
        frames.setdefault(doc[int(span.id_)].idx, []).append((span.start_char, span.end_char, span.label_))
    return frames


def score_semantic_roles(examples: Iterable[Example], **_: Any) -> dict[str, Any]:
    """Return the scores of `score_roles`; None for each if no Doc is annotated. Others are left out."""
    annotated = [(get_frames(eg.reference), get_frames(eg.predicted)) for eg in examples if "srl" in eg.reference.spans]
    scores = score_roles(annotated)
    return scores if annotated else dict.fromkeys(scores)


@registry.scorers("spacy-elmo-paper.SemanticRoles.v1")
def make_scorer() -> Callable[..., dict[str, Any]]:
    """Return a scorer of `doc.spans["srl"]`."""
    return score_semantic_roles
