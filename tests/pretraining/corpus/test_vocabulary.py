from collections import Counter

import numpy as np
import pytest

from spacy_elmo.pretraining.corpus import vocabulary
from spacy_elmo.pretraining.corpus.vocabulary import (
    MARKERS,
    Vocabulary,
    WordCounter,
    choose_words,
    count_words,
    read_vocabulary,
)
from spacy_elmo.text.readers import CorpusError


def test_counts_in_many_files_are_those_of_a_counter(tmp_path, monkeypatch):
    monkeypatch.setattr(vocabulary, "_MERGED_AT_ONCE", 3)
    rng = np.random.default_rng(0)
    words = [f"w\u00e9 {n}".encode() for n in rng.zipf(1.3, size=5000) % 700]
    counter = WordCounter(tmp_path)
    for start in range(0, len(words), 300):
        counter.add(Counter(words[start : start + 300]).items())
    assert list(counter) == sorted(Counter(words).items())
    assert list(counter) == sorted(Counter(words).items()), "it can be read again"
    assert len(list(tmp_path.iterdir())) <= 3


def test_words_that_no_line_can_hold_are_not_counted(tmp_path):
    counter = WordCounter(tmp_path)
    counter.add([(word, 1) for word in (b"a\nb", b"a\r", b"", b"a b", b"\ra")])
    assert [word for word, _ in counter] == [b"\ra", b"a b"]


def test_words_are_chosen_by_frequency_and_then_by_word():
    counts = [(b"a", 1), (b"b", 3), (b"c", 3), (b"d", 2)]
    assert choose_words(counts, max_words=None, min_count=1) == [*MARKERS, "b", "c", "d", "a"]
    assert choose_words(counts, max_words=5, min_count=1) == [*MARKERS, "b", "c"]
    assert choose_words(counts, max_words=None, min_count=2) == [*MARKERS, "b", "c", "d"]


def test_markers_in_the_text_are_not_chosen():
    assert choose_words([(b"</S>", 2), (b"<S>", 9), (b"<UNK>", 9), (b"a", 1)], max_words=None, min_count=1)[3:] == ["a"]


def test_no_word_left_is_an_error():
    with pytest.raises(CorpusError, match="min_count = 5; .*lower the other"):
        choose_words([(b"a", 1)], max_words=None, min_count=5)


def test_counts_of_a_vocabulary_have_sentences_for_the_markers_and_the_rest_for_unknown_words():
    counts = [(b"<S>", 1), (b"a", 4), (b"b", 2), (b"c", 3)]
    counted = count_words([*MARKERS, "c", "x", "a"], counts, n_words=10, n_sentences=6)
    assert counted.counts.tolist() == [6, 6, 3, 3, 0, 4]


def test_a_vocabulary_comes_back_from_its_files(tmp_path):
    words = (*MARKERS, "a", "b c", "\u00fc", "\u2028", "#")
    Vocabulary(words, np.arange(8)).write(tmp_path)
    found = Vocabulary.read(tmp_path)
    assert (found.words, found.counts.tolist()) == (words, list(range(8)))


def test_words_spelled_as_markers_are_unknown():
    index = Vocabulary((*MARKERS, "a"), np.zeros(4)).index
    assert index == {"<S>": 2, "</S>": 2, "<UNK>": 2, "a": 3}


@pytest.mark.parametrize("words", [(), ("a", "b", "c"), ("</S>", "<S>", "<UNK>", "a")])
def test_a_vocabulary_without_its_markers_in_front_is_an_error(words):
    with pytest.raises(CorpusError, match="first words must be <S>, </S>, <UNK>"):
        Vocabulary(words, np.zeros(len(words)))


def test_a_word_twice_is_an_error():
    with pytest.raises(CorpusError, match="'b' is in it twice"):
        Vocabulary((*MARKERS, "b", "a", "b"), np.zeros(6))


@pytest.mark.parametrize("markers", [[], MARKERS, MARKERS[2:]])
def test_a_file_of_words_has_the_markers_or_not(tmp_path, markers):
    (tmp_path / "words.txt").write_text("\n".join([*markers, "b", "a"]))
    assert read_vocabulary(tmp_path / "words.txt") == (*MARKERS, "b", "a")


@pytest.mark.parametrize(
    ("text", "message"), [("", "has no words"), ("<S>\n</S>\n", "has no words"), ("a\nb\na\n", "'a' is in it twice")]
)
def test_a_file_of_words_that_cannot_be_used_is_named(tmp_path, text, message):
    (tmp_path / "words.txt").write_text(text)
    with pytest.raises(CorpusError, match=f"words.txt: {message}"):
        read_vocabulary(tmp_path / "words.txt")


def test_what_is_no_file_of_words_is_named(tmp_path):
    with pytest.raises(CorpusError, match=f"{tmp_path}: is not a file"):
        read_vocabulary(tmp_path)
