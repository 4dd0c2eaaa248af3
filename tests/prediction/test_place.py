import pytest

from spacy_elmo.prediction import read_place


@pytest.mark.parametrize("inside", ["bank", " bank ", ""])
def test_a_place_is_a_word_or_a_gap(inside: str):
    place = read_place(f"We sat on the [{inside}] of it.")
    assert (place.sentence, place.word) == (0, 4)
    assert place.text == (inside.strip() or None)
    assert [word for i, word in enumerate(place.sentences[0]) if i != 4] == ["We", "sat", "on", "the", "of", "it", "."]


def test_words_are_those_of_the_tokenizer_of_the_language():
    assert read_place("You [do]n't.").sentences == [["You", "do", "n't", "."]]
    assert read_place("l'[homme] d'ici", "fr").sentences == [["l'", "homme", "d'", "ici"]]


def test_sentences_before_the_place_stay():
    place = read_place("It rains.\n\nThe [bank] is wet. It is.")
    assert place.sentences == [["It", "rains", "."], ["The", "bank", "is", "wet", "."], ["It", "is", "."]]
    assert (place.sentence, place.word) == (1, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("the bank", "has no word in brackets; mark one word, as in"),
        ("", "has no word in brackets"),
        ("the [bank] of the [river]", "has more than one pair of brackets, or half of one"),
        ("the [[bank]]", "has more than one pair of brackets"),
        ("the [bank", "half of one"),
        ("the ]bank[", "half of one"),
        ("the [ \n]", "has only spaces in its brackets; write a word there"),
        ("the [river bank]", r"\[river bank\]: is 2 words for the tokenizer \('river', 'bank'\)"),
        ("they [don't]", r"is 2 words for the tokenizer \('do', \"n't\"\)"),
        ("the [bank]s", r"\[bank\]: is a part of the word 'banks'; put one whole word in brackets"),
    ],
)
def test_what_is_no_place_is_refused(text: str, message: str):
    with pytest.raises(ValueError, match=message):
        read_place(text)


def test_a_language_that_spacy_does_not_have_is_refused():
    with pytest.raises(ValueError, match="lang = 'zz'"):
        read_place("the [bank]", "zz")
