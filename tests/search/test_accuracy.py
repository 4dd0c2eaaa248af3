import numpy as np
import pytest
from spacy.language import Language

from spacy_elmo.search.accuracy import (
    Accuracy,
    centroid_accuracy,
    example_set,
    measure_senses,
    neighbor_accuracy,
)
from spacy_elmo.search.examples import EXAMPLES
from spacy_elmo.senses import LabeledUse

SENSES = ["a", "a", "a", "b", "b", "b"]


def clusters(distance: float) -> np.ndarray:
    """Two groups of three vectors, so far apart."""
    vectors = np.random.default_rng(0).normal(size=(6, 20))
    vectors[:3, 0] += distance
    vectors[3:, 0] -= distance
    return vectors


@pytest.mark.parametrize("accuracy", [neighbor_accuracy, centroid_accuracy])
def test_senses_that_lie_apart_are_found(accuracy):
    assert accuracy(clusters(100), SENSES) == 1


def test_equal_vectors_give_what_chance_gives():
    assert centroid_accuracy(np.ones((6, 4)), SENSES) == pytest.approx(1 / 2)
    assert neighbor_accuracy(np.ones((6, 4)), SENSES) == pytest.approx(2 / 5)


def test_a_use_is_not_compared_with_itself():
    """Each points its own way: what is left of its own sense is no nearer than the other sense."""
    assert centroid_accuracy(np.eye(6), SENSES) == pytest.approx(1 / 2)


def test_an_interval_holds_the_mean_and_narrows_with_more_words():
    few, many = Accuracy([0.5, 0.9], [10, 10]), Accuracy([0.5, 0.9] * 50, [10] * 100)
    for accuracy in (few, many):
        low, high = accuracy.interval
        assert 0 <= low < accuracy.mean < high <= 1
    assert few.mean == pytest.approx(0.7)
    assert few.spread == pytest.approx(0.2)
    assert np.ptp(many.interval) < np.ptp(few.interval) / 3
    assert few.interval == Accuracy([0.5, 0.9], [10, 10]).interval


def test_one_word_has_an_interval_by_its_uses():
    low, high = Accuracy([0.5], [100]).interval
    assert high - low == pytest.approx(0.2, abs=0.03)  # 3.92 standard errors of 0.05; 2,000 samples


def test_a_report_of_every_layer_and_of_guesses(nlp: Language):
    report = measure_senses(nlp)
    assert report.words == list(EXAMPLES)
    assert list(report.neighbor) == list(report.centroid) == ["layer 0", "layer 1", "layer 2", "average", "context"]
    assert [len(accuracy.shares) for accuracy in report.layers] == [10, 10, 10]
    assert report.layers[0].mean == pytest.approx(4 / 9)  # of nine others, all as near, four have the same sense
    assert report.centroid["layer 0"].mean == report.chance == report.most_frequent == 0.5


def test_guesses_follow_the_senses_of_each_word(nlp: Language):
    sizes = {("one", "x"): 3, ("one", "y"): 2, ("two", "x"): 2, ("two", "y"): 2, ("two", "z"): 2}
    uses = [
        LabeledUse(word, sense, f"{sense} {word} {i}", "here") for (word, sense), n in sizes.items() for i in range(n)
    ]
    uses = [use._replace(place=str(i)) for i, use in enumerate(uses)]
    report = measure_senses(nlp, uses)
    assert report.chance == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert report.most_frequent == pytest.approx((3 / 5 + 1 / 3) / 2)
    assert report.layers[0].counts == [5, 6]


def test_the_context_is_every_word_but_the_word(nlp: Language):
    """The same words around it in each sense, and others in the other."""
    uses = [
        LabeledUse("bank", sense, f"{words} bank {words}", f"{sense}:{words}")
        for sense, around in (("a", ("one two", "two one")), ("b", ("x y", "y x")))
        for words in around
    ]
    assert measure_senses(nlp, uses).neighbor["context"].mean == 1


def test_a_sentence_without_its_word_is_named(nlp: Language):
    uses = example_set()
    with pytest.raises(ValueError, match="file:3: 'bank' is none of the words"):
        measure_senses(nlp, [*uses, LabeledUse("bank", "money", "No such word", "file:3")])
