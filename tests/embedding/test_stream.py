from pathlib import Path

import numpy as np
import pytest
import spacy

import spacy_elmo
from spacy_elmo.util.files import WeightsError

TEXT = "The bank raised its rates. He said:  No!\nAnd left"


def test_texts_have_the_numbers_of_the_pipe(nlp, tiny_model: Path):
    doc = nlp(TEXT)
    (found,) = spacy_elmo.embed([TEXT], model=tiny_model)
    places = [token.i for token in doc if not token.is_space]
    assert found.words == [doc[i].text for i in places]
    assert np.array_equal(found.vectors, doc._.elmo[places])


def test_lists_of_words_are_one_sentence_each_and_come_in_order(nlp, tiny_model: Path):
    given = [["One", ".", "still", "one"], [], ["two"]]
    found = list(spacy_elmo.embed(given, model=tiny_model, layers="all"))
    assert [words for words, _ in found] == given
    assert [vectors.shape for _, vectors in found] == [(3, 4, 8), (3, 0, 8), (3, 1, 8)]
    pipe = nlp.get_pipe("elmo")
    pipe.load()
    assert np.array_equal(found[0].vectors, pipe.shim.encode(given[:1]))


@pytest.mark.parametrize("layers", ["top", 1, [0.2, 0.5, 0.3]])
def test_layers_are_those_of_the_pipe(tiny_model: Path, layers):
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model), "mix": layers})
    ((_, vectors),) = spacy_elmo.embed(["The bank"], model=tiny_model, layers=layers, dtype="float32")
    assert np.array_equal(vectors, nlp("The bank")._.elmo)


def test_few_texts_are_read_ahead(tiny_model: Path):
    read = 0

    def texts():
        nonlocal read
        while True:
            read += 1
            yield ["word"] * 100

    stream = spacy_elmo.embed(texts(), model=tiny_model, dtype="float16")
    assert next(stream).vectors.dtype == np.float16
    assert read < 50


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"model": "no_such"}, WeightsError), ({"layers": [2.0]}, ValueError), ({"lang": "?"}, ValueError)],
)
def test_settings_are_checked_at_once(tiny_model: Path, changes: dict, error: type):
    with pytest.raises(error):
        spacy_elmo.embed([], **{"model": tiny_model, **changes})


def test_what_is_no_text_is_named(tiny_model: Path):
    with pytest.raises(TypeError, match=r"sentences\[1\]: must be a string or a list of strings, not 7"):
        list(spacy_elmo.embed(["a", 7], model=tiny_model))
