from collections.abc import Iterator

import numpy as np
import pytest

from spacy_elmo.probing import Probe, Tagged
from spacy_elmo.probing import probe as module

TRAIN = Tagged([["a", "b"], ["a", "c"], ["a", "a"]] * 10, [["X", "Y"], ["X", "Y"], ["X", ""]] * 10)
DEV = Tagged([["a", "d"], ["b", "a"], ["d", "e"]], [["X", "Y"], ["X", "Z"], ["Y", ""]])


def vectors(probe: Probe, *, scale: float = 1.0) -> Iterator[np.ndarray]:
    """Layer 0 is noise, layer 1 tells `a` from other words."""
    random = np.random.default_rng(0)
    for words in probe.words:
        layers = random.normal(size=(2, len(words), 3)).astype("float32")
        layers[1, :, 0] = [scale if word == "a" else -scale for word in words]
        yield layers


def test_words_without_tags_count_nowhere():
    probe = Probe(TRAIN, DEV)
    assert probe.tags == ["X", "Y"]
    assert len(probe.targets) == 50
    assert probe.gold.tolist() == [0, 1, 0, -1, 1]
    assert probe.unseen.tolist() == [False, True, False, False, True]
    assert probe.sentences.tolist() == [0, 0, 1, 1, 2]


def test_a_probe_reads_what_a_layer_knows():
    found = dict(Probe(TRAIN, DEV).read(vectors(Probe(TRAIN, DEV))))
    assert list(found) == ["0", "1", "average", "all"]
    assert found["1"].tolist() == found["all"].tolist() == [True, True, False, False, True]


def test_only_the_layers_that_are_asked_for_are_probed():
    probe = Probe(TRAIN, DEV)
    whole = dict(probe.read(vectors(probe)))
    found = dict(probe.read(vectors(probe), ["all", "1"]))
    assert list(found) == ["all", "1"]
    assert all(np.array_equal(found[kind], whole[kind]) for kind in found)


@pytest.mark.parametrize("kind", ["2", "-1", "top", ""])
def test_a_layer_that_is_none_is_refused(kind: str):
    probe = Probe(TRAIN, DEV)
    with pytest.raises(ValueError, match=f"layers: '{kind}' is none of what the model has: 0, 1, average, all"):
        dict(probe.read(vectors(probe), [kind]))


def test_features_are_standardized_by_the_words_to_learn_from():
    """So the size of a feature does not matter."""
    probe = Probe(TRAIN, DEV)
    small, large = (dict(probe.read(vectors(probe, scale=scale), ["1"]))["1"] for scale in (1e-3, 1e3))
    assert small.tolist() == large.tolist()


def test_vectors_that_are_not_finite_are_refused():
    probe = Probe(TRAIN, DEV)
    with pytest.raises(ValueError, match="not finite"):
        dict(probe.read(vectors(probe, scale=np.inf)))


def test_vectors_that_do_not_fit_are_told_before(monkeypatch: pytest.MonkeyPatch):
    probe = Probe(TRAIN, DEV)
    monkeypatch.setattr(module, "available_bytes", lambda: 100)
    with pytest.raises(MemoryError, match="the vectors need"):
        dict(probe.read(vectors(probe)))


def test_guesses_are_by_frequency():
    """X is the most frequent tag; d and e have not been seen."""
    found = Probe(TRAIN, DEV).guess()
    assert found["most frequent tag"].tolist() == [True, False, True, False, False]
    assert found["most frequent tag of the word"].tolist() == [True, False, False, False, False]


def test_one_tag_alone_is_refused():
    with pytest.raises(ValueError, match="every word has the tag 'X', so there is nothing to tell apart"):
        Probe(Tagged([["a"]], [["X"]]), DEV)


def test_parts_without_tags_are_refused():
    none = Tagged([["a"]], [[""]])
    with pytest.raises(ValueError, match="to learn from: no word has a tag"):
        Probe(none, DEV)
    with pytest.raises(ValueError, match="to test on: no word has a tag"):
        Probe(TRAIN, none)


def test_a_score_has_shares_and_intervals():
    probe = Probe(TRAIN, Tagged(DEV.words * 30, DEV.tags * 30))
    right = np.array([True, False, True, True, True] * 30)
    score = probe.score(right)
    assert score.words.value == pytest.approx(0.8)
    assert score.unseen is not None
    assert score.unseen.value == pytest.approx(0.5)
    low, high = score.words.interval
    assert 0 < low < 0.8 < high < 1
    assert score == probe.score(right)


def test_words_of_a_sentence_are_drawn_together():
    """The more alike they are, the wider is the interval."""
    tags = [["X"] * 4] * 50
    probe = Probe(TRAIN, Tagged([["a"] * 4] * 50, tags))
    apart, together = np.tile([True, False], 100), np.repeat([True, False], 100)
    assert np.ptp(probe.score(apart).words.interval) == 0
    assert np.ptp(probe.score(together).words.interval) > 0.2


def test_without_unseen_words_there_is_no_share_of_them():
    assert Probe(TRAIN, TRAIN).score(np.ones(50)).unseen is None
