import pytest
import spacy

from spacy_elmo.search.examples import EXAMPLES

SENTENCES = [sentence for senses in EXAMPLES.values() for sentences in senses.values() for sentence in sentences]
TOKENIZER = spacy.blank("en")


def test_there_are_ten_words_with_five_uses_of_two_senses():
    assert len(EXAMPLES) == 10
    assert {len(sentences) for senses in EXAMPLES.values() for sentences in senses.values()} == {5}
    assert {len(senses) for senses in EXAMPLES.values()} == {2}


@pytest.mark.parametrize("word", EXAMPLES)
def test_each_sentence_has_its_word_once_in_any_spelling(word: str):
    for sentence in (sentence for sentences in EXAMPLES[word].values() for sentence in sentences):
        tokens = [token.text for token in TOKENIZER(sentence)]
        assert tokens.count(word) == [token.lower() for token in tokens].count(word) == 1, sentence


def test_no_sentence_is_there_twice():
    assert len(set(SENTENCES)) == len(SENTENCES) == 100
