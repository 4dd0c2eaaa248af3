"""Exact match and F1, as SQuAD's script has them."""

import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example

from project.paper.scorers.answers import exact_match, normalize, score_answers, score_texts, word_f1


def test_case_punctuation_articles_and_spaces_do_not_count():
    assert normalize("  The  U.S.A.'s\tbest, an a ") == "usas best"
    assert exact_match("the Denver Broncos!", "Denver broncos") == 1


def test_articles_within_words_stay():
    assert normalize("Theatre and an anthem") == "theatre and anthem"


@pytest.mark.parametrize(
    ("predicted", "gold", "f1"),
    [("a red car", "red car", 1), ("red car", "blue car", 0.5), ("car car", "car", 2 / 3), ("x", "y", 0), ("", "y", 0)],
)
def test_f1_of_words(predicted, gold, f1):
    assert word_f1(predicted, gold) == pytest.approx(f1)


def test_answers_of_nothing_but_articles_match_but_share_no_word():
    assert (exact_match("the", "a"), word_f1("the", "a")) == (1, 0)  # as version 1.1 has it


def test_the_best_gold_answer_counts_for_each_score():
    scores = score_texts([("in Rome", ["Rome", "in Rome , Italy"]), ("no", ["yes"])])
    assert scores == {"em": 0, "f1": pytest.approx((0.8 + 0) / 2)}  # punctuation is no word


def test_no_questions_score_zero():
    assert score_texts([]) == {"em": 0, "f1": 0}


def make_doc(**spans):
    doc = Doc(spacy.blank("en").vocab, words=["Who", "?", "Anna", "did", "."])
    for key, group in spans.items():
        doc.spans[key] = [doc[start:end] for start, end in group]
    return doc


def test_docs_are_scored_by_their_spans():
    gold = make_doc(answers=[(2, 3), (2, 4)])
    right, none = make_doc(answer=[(2, 3)]), make_doc()
    scores = score_answers([Example(right, gold), Example(none, gold)])
    assert scores == {"answer_em": 0.5, "answer_f1": 0.5}


def test_docs_without_gold_answers_are_left_out():
    assert score_answers([Example(make_doc(answer=[(2, 3)]), make_doc())]) == {"answer_em": 0, "answer_f1": 0}
