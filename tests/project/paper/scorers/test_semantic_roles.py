"""Scores of semantic roles, as srl-eval.pl of CoNLL-2005 gives them."""

import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from project.paper.scorers.semantic_roles import join_pieces, score_roles, score_semantic_roles


def score(gold, predicted):
    """Scores of one predicate, at token 0."""
    return score_roles([({0: gold}, {0: predicted})])


def test_an_argument_needs_its_role_and_all_its_words():
    gold = [(0, 1, "V"), (1, 3, "A1"), (4, 5, "A2")]
    scores = score(gold, [(0, 1, "V"), (1, 3, "A1"), (4, 6, "A2"), (7, 8, "A3")])
    assert (scores["srl_p"], scores["srl_r"]) == pytest.approx((1 / 3, 1 / 2))
    assert scores["srl_f"] == pytest.approx(2 / 5)
    assert scores["srl_perfect"] == 0.0


def test_the_predicate_does_not_count():
    scores = score([(0, 1, "V"), (1, 2, "A1")], [(3, 4, "V"), (1, 2, "A1")])
    assert scores["srl_f"] == pytest.approx(1.0)
    assert scores["srl_perfect"] == 1.0
    assert list(scores["srl_per_type"]) == ["A1"]


def test_pieces_are_one_argument():
    gold = [(0, 2, "A1"), (3, 4, "V"), (5, 6, "C-A1")]
    assert join_pieces(gold) == {("A1", ((0, 2), (5, 6)))}
    assert score(gold, gold[:2])["srl_f"] == 0.0
    assert score(gold, gold)["srl_r"] == pytest.approx(1.0)


def test_a_piece_continues_the_last_of_its_role():
    places = [(0, 1, "A1"), (2, 3, "A1"), (4, 5, "C-A1"), (6, 7, "C-A1")]
    assert join_pieces(places) == {("A1", ((0, 1),)), ("A1", ((2, 3), (4, 5), (6, 7)))}


def test_a_piece_that_continues_nothing_is_an_argument():
    assert join_pieces([(0, 1, "C-A1"), (2, 3, "C-A1"), (4, 5, "A1")]) == {
        ("A1", ((0, 1), (2, 3))),
        ("A1", ((4, 5),)),
    }


def test_pieces_of_the_predicate_do_not_count():
    assert join_pieces([(0, 1, "V"), (2, 3, "C-V"), (3, 4, "A1")]) == {("A1", ((3, 4),))}


def test_references_are_roles_of_their_own():
    scores = score([(0, 1, "A0"), (1, 2, "R-A0")], [(0, 1, "A0"), (1, 2, "A0")])
    assert scores["srl_f"] == pytest.approx(0.5)
    assert scores["srl_per_type"]["R-A0"]["r"] == 0.0


def test_predicates_that_are_missed_or_invented_are_errors():
    scores = score_roles([({1: [(0, 1, "A0")], 5: [(4, 5, "A0")]}, {1: [(0, 1, "A0")], 3: [(2, 3, "A0")]})])
    assert (scores["srl_p"], scores["srl_r"]) == pytest.approx((0.5, 0.5))
    assert (scores["predicates_p"], scores["predicates_r"]) == pytest.approx((0.5, 0.5))
    assert scores["srl_perfect"] == 0.5


def test_tokens_may_differ():
    vocab = spacy.blank("en").vocab
    gold = Doc(vocab, words=["we", "can't", "go"], spaces=[True, True, False])
    found = Doc(vocab, words=["we", "ca", "n't", "go"], spaces=[True, False, True, False])
    gold.spans["srl"] = [Span(gold, 2, 3, "V", span_id="2"), Span(gold, 1, 2, "ARGM-NEG", span_id="2")]
    found.spans["srl"] = [Span(found, 3, 4, "V", span_id="3"), Span(found, 1, 3, "ARGM-NEG", span_id="3")]
    assert score_semantic_roles([Example(found, gold)])["srl_f"] == pytest.approx(1.0)


def test_docs_without_annotation_are_left_out():
    doc = Doc(spacy.blank("en").vocab, words=["go"])
    assert score_semantic_roles([Example(doc, doc.copy())])["srl_f"] is None


def test_scores_are_those_of_srl_eval():
    """Of two predicates of a sentence, the figures that srl-eval.pl prints."""
    gold = {
        1: [(0, 1, "A0"), (1, 2, "V"), (2, 4, "A1"), (5, 6, "C-A1"), (6, 7, "AM-TMP")],
        4: [(2, 4, "A1"), (4, 5, "V"), (5, 6, "R-A1"), (6, 7, "C-A2")],
    }
    predicted = {
        1: [(0, 1, "A0"), (1, 2, "V"), (2, 4, "A1"), (5, 6, "C-A1"), (6, 7, "AM-LOC")],
        4: [(0, 1, "A1"), (2, 4, "A1"), (4, 5, "V"), (5, 6, "A1"), (6, 7, "A2")],
    }
    scores = score_roles([(gold, predicted)])
    assert [round(100 * scores[f"srl_{key}"], 2) for key in "prf"] == [57.14, 66.67, 61.54]
    assert [round(100 * scores["srl_per_type"]["A1"][key], 2) for key in "prf"] == [50.00, 100.00, 66.67]
    assert {role: scores["srl_per_type"][role]["f"] for role in ("A0", "A2", "AM-LOC", "AM-TMP", "R-A1")} == (
        pytest.approx({"A0": 1.0, "A2": 1.0, "AM-LOC": 0.0, "AM-TMP": 0.0, "R-A1": 0.0})
    )
    assert scores["srl_perfect"] == 0.0
