"""Which paragraphs are left out, and why."""

import pytest

from project.language.scripts.cleaning.paragraphs import MOST_SHORT, Seen, Sentences, key_of

SENTENCE = "La rivière déborde souvent au printemps, lorsque la neige fond."


@pytest.mark.parametrize("n", range(20))
def test_sentences_are_found_wherever_they_begin(n):
    assert Sentences([SENTENCE]).find([key_of("x" * n + SENTENCE)]) == {0}


def test_sentences_are_found_across_paragraphs():
    keys = [key_of(part) for part in ("Avant.", SENTENCE[:20], SENTENCE[20:], "Après.")]
    assert Sentences([SENTENCE]).find(keys) == {1, 2}


def test_a_part_of_a_sentence_is_none():
    assert Sentences([SENTENCE]).find([key_of(SENTENCE[:-8])]) == set()


def test_short_sentences_are_not_looked_for():
    assert Sentences(["Oui, bien sûr."]).find([key_of("Oui, bien sûr.")]) == set()


def test_short_sentences_of_wide_characters_are():
    assert Sentences(["他们昨天在图书馆看了三本书。"]).find([key_of("他们昨天在图书馆看了三本书，然后回家。")]) == {0}


def test_doubles():
    seen = Seen()
    assert [seen.is_double(key_of(SENTENCE)) for _ in range(3)] == [False, True, True]
    assert sum(not seen.is_double("oui") for _ in range(100)) == MOST_SHORT


def test_many_digests():
    seen = Seen()
    numbers = [i * 2**40 % (2**61 - 1) for i in range(3000)]
    assert all(map(seen.add, numbers))
    assert not any(map(seen.add, numbers))


def test_vowel_signs_tell_paragraphs_apart():
    assert key_of("की") != key_of("का")
