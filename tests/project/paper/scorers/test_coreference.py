"""Coreference scores: the numbers of the official scorer's own test cases, and what pairing must be."""

import re
from itertools import permutations

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example

from project.paper.scorers.coreference import best_total, drop_repeated, score_clusters, score_coref

A = "a bc def"
# Gold and predicted clusters, a letter a mention; recall and precision of each metric, as published
CASES = {
    "A1": (A, "a bc def", {"muc": (1, 1), "b3": (1, 1), "ceafe": (1, 1)}),
    "A2": (A, "a de", {"muc": (1 / 3, 1), "b3": (7 / 18, 1), "ceafe": (0.6, 0.9)}),
    "A3": (A, "a bcx defy z", {"muc": (1, 3 / 5), "b3": (1, 55 / 108), "ceafe": (0.88571, 0.66429)}),
    "A4": (A, "a bcx dy z", {"muc": (1 / 3, 1 / 3), "b3": (5 / 9, 17 / 42), "ceafe": (0.73333, 0.55)}),
    "A5": (A, "a bcxB dy z", {"muc": (1 / 3, 1 / 4), "b3": (5 / 9, 5 / 16), "ceafe": (0.68889, 0.51667)}),
    "A6": (A, "a bcx dy Bz", {"muc": (1 / 3, 1 / 4), "b3": (5 / 9, 17 / 48), "ceafe": (0.73333, 0.55)}),
    "A7": (A, "a bcxb dy z", {"muc": (1 / 3, 1 / 3), "b3": (5 / 9, 17 / 42), "ceafe": (0.73333, 0.55)}),
    "A8": (A, "a bcx dy bz", {"muc": (1 / 3, 1 / 3), "b3": (5 / 9, 17 / 42), "ceafe": (0.73333, 0.55)}),
    "A9": (A, "a bcx dy bbbbbbbbbbz", {"muc": (1 / 3, 1 / 3), "b3": (5 / 9, 17 / 42), "ceafe": (0.73333, 0.55)}),
    "A10": (A, "a b c d e f", {"muc": (0, 0), "b3": (1 / 2, 1)}),
    "A11": (A, "abcdef", {"muc": (1, 3 / 5), "b3": (1, 7 / 18)}),
    "A12": (A, "a x y c d e z", {"muc": (0, 0), "b3": (13 / 36, 4 / 7)}),
    "A13": (A, "axycdez", {"muc": (1 / 3, 1 / 6), "b3": (17 / 36, 6 / 49)}),
    "D1": ("12345 67 89ABC", "12345 6789ABC", {"muc": (1, 9 / 10), "b3": (1, 16 / 21)}),
    "E1": ("12345 67 89ABC", "1234589ABC 67", {"muc": (1, 9 / 10), "b3": (1, 7 / 12)}),
    "F1": ("ABCD", "AB CD", {"muc": (2 / 3, 1)}),
    "G1": ("AB CD", "ABCD", {"muc": (1, 2 / 3)}),
    "H1": ("ABCD", "ABCD", {"muc": (1, 1)}),
    "J1": ("ABC", "AC", {"muc": (1 / 2, 1)}),
    "K1": ("BCDEGHJ", "ABC DEF GHI", {"muc": (3 / 6, 3 / 6)}),
    "L1": ("ABC DEFG", "AB CD FGH", {"muc": (2 / 5, 2 / 4)}),
    "M1": ("abcdef", "abcdef", {"muc": (1, 1), "b3": (1, 1), "ceafe": (1, 1)}),
    "M2": ("abcdef", "a b c d e f", {"muc": (0, 0)}),
    "M5": ("abcdef", "a b c x y z", {"muc": (0, 0)}),
    "N1": ("a b c d e f", "a b c d e f", {"muc": (0, 0), "b3": (1, 1), "ceafe": (1, 1)}),
    "N4": ("a b c d e f", "a b c x y z", {"muc": (0, 0)}),
}


def f_of(recall, precision):
    return 2 * recall * precision / (recall + precision) if recall + precision else 0


@pytest.mark.parametrize("case", CASES)
def test_published_numbers_of_the_official_scorer(case):
    gold, predicted, expected = CASES[case]
    scores = score_clusters([(gold.split(), predicted.split())])
    for name, (recall, precision) in expected.items():
        found = [scores[f"{name}_{part}"] for part in "rpf"]
        np.testing.assert_allclose(found, [recall, precision, f_of(recall, precision)], atol=1e-5)  # as many places


def test_the_average_is_of_three_scores():
    scores = score_clusters([(A.split(), "a de".split())])
    assert scores["conll_f"] == pytest.approx((0.5 + 14 / 25 + 0.72) / 3)


def test_documents_are_counted_together():
    scores = score_clusters([(["ab"], ["ab"]), (["abc"], [])])
    assert (scores["muc_r"], scores["muc_p"]) == (pytest.approx(1 / 3), 1)


def test_nothing_to_find_and_nothing_found_scores_zero():
    assert set(score_clusters([([], [])]).values()) == {0}
    assert set(score_clusters([]).values()) == {0}


def test_repeated_mentions_stay_where_they_come_first():
    assert drop_repeated(["aab", "bc", "ca"]) == [["a", "b"], ["c"]]


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 5), (5, 2), (4, 5), (0, 3), (3, 0)])
def test_the_best_pairing_is_the_best_of_all(shape):
    rng = np.random.default_rng(0)
    for _ in range(20):
        weights = rng.integers(0, 4, shape) / 3.0  # with ties
        wide = weights if shape[0] <= shape[1] else weights.T
        pairings = permutations(range(wide.shape[1]), wide.shape[0])
        best = max(sum(wide[i, j] for i, j in enumerate(columns)) for columns in pairings)
        assert best_total(weights) == pytest.approx(best)


def make_doc(words, *clusters):
    doc = Doc(spacy.blank("en").vocab, words=words)
    for i, cluster in enumerate(clusters, start=1):
        doc.spans[f"coref_clusters_{i}"] = [doc[start:end] for start, end in cluster]
    return doc


def test_clusters_of_docs_are_compared_by_characters():
    gold = make_doc(["Anna", "saw", "her", "dog"], [(0, 1), (2, 3)], [(2, 4)])
    found = make_doc(["Anna", "saw", "her", "do", "g"], [(0, 1), (2, 3)])
    scores = score_coref([Example(found, gold)])
    assert (scores["coref_muc_f"], scores["coref_mention_r"]) == (1, pytest.approx(2 / 3))
    assert all(re.fullmatch(r"coref_(\w+_[prf])", name) for name in scores)


def test_other_span_groups_are_no_clusters():
    gold = make_doc(["Anna"])
    gold.spans["sc"] = [gold[0:1]]
    assert score_coref([Example(gold.copy(), gold)])["coref_mention_r"] == 0
