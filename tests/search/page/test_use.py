import numpy as np
from spacy.language import Language

from spacy_elmo.search.page import Use, entry_of


def test_the_parts_of_a_use_are_the_text_and_its_vectors_those_of_the_token(nlp: Language):
    tokens = [nlp("No play today.")[1], nlp("They play 😀")[1]]
    name, uses, vectors, *_ = entry_of(tokens, ["noun", "verb"])
    assert name == "play"
    assert uses == [Use("No ", "play", " today.", "", "noun"), Use("They ", "play", " 😀", "", "verb")]
    assert vectors.shape == (3, 2, 8)
    np.testing.assert_array_equal(vectors[:, 1], tokens[1]._.elmo_layers)


def test_senses_may_be_unknown(nlp: Language):
    assert entry_of([nlp("a play")[1]]).uses == [Use("a ", "play", "")]
