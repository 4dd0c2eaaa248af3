"""Coreference as the official scorer of CoNLL-2011 and 2012 computes it: MUC, B3, CEAF-e and their average.

Pradhan et al. 2014, "Scoring coreference partitions of predicted mentions: a reference implementation". A cluster of
one mention is scored like any other; MUC, which counts links, does not see it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry

Cluster: TypeAlias = Sequence[Hashable]
PREFIX = "coref_clusters"


class Counts(NamedTuple):
    """The numerators and denominators of recall and precision; they add up over documents."""

    recalled: float = 0.0
    gold: float = 0.0
    precise: float = 0.0
    predicted: float = 0.0

    def __add__(self, other: Counts) -> Counts:  # type: ignore[override]
        """Return the counts of both."""
        return Counts(*(left + right for left, right in zip(self, other)))

    @property
    def recall(self) -> float:
        """Return the recall, 0 where there is nothing to find."""
        return self.recalled / self.gold if self.gold else 0.0

    @property
    def precision(self) -> float:
        """Return the precision, 0 where nothing was found."""
        return self.precise / self.predicted if self.predicted else 0.0

    @property
    def f(self) -> float:
        """Return the harmonic mean of both."""
        total = self.recall + self.precision
        return 2 * self.recall * self.precision / total if total else 0.0


def drop_repeated(clusters: Iterable[Cluster]) -> list[Cluster]:
    """Return clusters in which each mention stays only where it comes first; those that are left empty go."""
    seen: set[Hashable] = set()
    kept: list[Cluster] = []
    for cluster in clusters:
        mentions = [mention for mention in dict.fromkeys(cluster) if mention not in seen]
        seen.update(mentions)
        if mentions:
            kept.append(mentions)
    return kept


def find_overlaps(gold: Sequence[Cluster], predicted: Sequence[Cluster]) -> Counter[tuple[int, int]]:
    """Return how many mentions each pair of a gold and a predicted cluster shares, by their indices."""
    places = {mention: i for i, cluster in enumerate(gold) for mention in cluster}
    return Counter(
        (places[mention], j) for j, cluster in enumerate(predicted) for mention in cluster if mention in places
    )


def count_mentions(gold: Sequence[Cluster], predicted: Sequence[Cluster]) -> Counts:
    """Count mentions with the right bounds, whatever their cluster."""
    right = sum(find_overlaps(gold, predicted).values())
    return Counts(right, sum(map(len, gold)), right, sum(map(len, predicted)))


def muc(gold: Sequence[Cluster], predicted: Sequence[Cluster]) -> Counts:
    """Count links: n mentions that belong together are n - 1 (Vilain et al. 1995)."""
    right = sum(n - 1 for n in find_overlaps(gold, predicted).values())
    return Counts(right, sum(len(c) - 1 for c in gold), right, sum(len(c) - 1 for c in predicted))


def b_cubed(gold: Sequence[Cluster], predicted: Sequence[Cluster]) -> Counts:
    """Count, for each mention, the share of its cluster that is with it (Bagga and Baldwin 1998)."""
    overlaps = find_overlaps(gold, predicted)
    recalled = sum(n * n / len(gold[i]) for (i, _), n in overlaps.items())
    precise = sum(n * n / len(predicted[j]) for (_, j), n in overlaps.items())
    return Counts(recalled, sum(map(len, gold)), precise, sum(map(len, predicted)))


def ceaf_e(gold: Sequence[Cluster], predicted: Sequence[Cluster]) -> Counts:
    """Count clusters that are alike, in the best pairing of gold with predicted ones (Luo 2005, phi 4)."""
    alike = np.zeros((len(gold), len(predicted)))
    for (i, j), n in find_overlaps(gold, predicted).items():
        alike[i, j] = 2 * n / (len(gold[i]) + len(predicted[j]))
    right = best_total(alike)
    return Counts(right, len(gold), right, len(predicted))


def best_total(weights: NDArray[np.float64]) -> float:
    """Return the largest sum of entries, of which no two share a row or a column.

    The Hungarian method by shortest augmenting paths, with potentials of rows and columns: O(rows ** 2 * columns).
    """
    costs = -(weights if weights.shape[0] <= weights.shape[1] else weights.T)
    n_rows, n_columns = costs.shape
    rows, columns = np.zeros(n_rows), np.zeros(n_columns + 1)  # potentials; the last column is where a path begins
    owner = np.full(n_columns + 1, -1)
    for row in range(n_rows):
        owner[-1] = row
        shortest, before = np.full(n_columns, np.inf), np.full(n_columns, -1)
        is_done = np.zeros(n_columns + 1, dtype=bool)
        column = n_columns
        while owner[column] >= 0:
            is_done[column] = True
            reduced = costs[owner[column]] - rows[owner[column]] - columns[:-1]
            is_shorter = ~is_done[:-1] & (reduced < shortest)
            shortest[is_shorter], before[is_shorter] = reduced[is_shorter], column
            nearest = int(np.argmin(np.where(is_done[:-1], np.inf, shortest)))
            step = shortest[nearest]
            rows[owner[is_done]] += step
            columns[is_done] -= step
            shortest[~is_done[:-1]] -= step
            column = nearest
        while column != n_columns:
            owner[column], column = owner[before[column]], before[column]
    chosen = np.flatnonzero(owner[:-1] >= 0)
    return float(-costs[owner[chosen], chosen].sum())


METRICS = {"mention": count_mentions, "muc": muc, "b3": b_cubed, "ceafe": ceaf_e}
AVERAGED = ("muc", "b3", "ceafe")


def score_clusters(documents: Iterable[tuple[Iterable[Cluster], Iterable[Cluster]]]) -> dict[str, float]:
    """Score documents together.

    Args:
        documents: The gold and the predicted clusters of each. Mentions are anything that can be compared; one that is
            in several places counts where it comes first.

    Returns:
        `METRIC_p`, `METRIC_r` and `METRIC_f` for mention, muc, b3 and ceafe, and `conll_f`, from 0 to 1.
    """
    totals = dict.fromkeys(METRICS, Counts())
    for given, found in documents:
        gold, predicted = drop_repeated(given), drop_repeated(found)
        totals = {name: total + METRICS[name](gold, predicted) for name, total in totals.items()}
    scores: dict[str, float] = {}
    for name, total in totals.items():
        scores |= {f"{name}_p": total.precision, f"{name}_r": total.recall, f"{name}_f": total.f}
    return {**scores, "conll_f": sum(totals[name].f for name in AVERAGED) / len(AVERAGED)}


def get_clusters(doc: Doc, prefix: str = PREFIX) -> list[Cluster]:
    """Return the clusters of a Doc, `doc.spans["PREFIX_1"]` and so on, as offsets of characters."""
    groups = [group for key, group in doc.spans.items() if key.startswith(f"{prefix}_")]
    return [[(span.start_char, span.end_char) for span in group] for group in groups]


def score_coref(examples: Iterable[Example], **kwargs: Any) -> dict[str, float]:
    """Score the clusters of Docs, as `score_clusters` does, under names that begin with `coref_`."""
    documents = [(get_clusters(example.reference), get_clusters(example.predicted)) for example in examples]
    return {f"coref_{name}": value for name, value in score_clusters(documents).items()}


@registry.scorers("spacy-elmo-paper.coref_scorer.v1")
def make_coref_scorer() -> Callable[..., dict[str, float]]:
    """Return `score_coref`, for configs."""
    return score_coref
