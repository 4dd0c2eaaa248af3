"""The layer from Docs to arrays."""

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

from spacy_elmo.formats import model_directory
from spacy_elmo.layers.bilm import build_bilm, encode_docs
from spacy_elmo.text.sentences import configure_sentences

nlp = spacy.blank("en")
TOLERANCE = 1e-5  # products of other shapes round differently


@pytest.fixture
def model(tiny_model):
    model = build_bilm(configure_sentences())
    model.shims[0].load(model_directory.read(tiny_model))
    return model


def test_arrays_have_a_row_for_each_token(model):
    docs = [nlp("One two."), nlp(""), nlp(" "), nlp("A. B.")]
    assert [output.shape for output in model.predict(docs)] == [(3, len(doc), 8) for doc in docs]
    assert all(output.dtype == np.float32 for output in model.predict(docs))


def test_no_docs(model):
    assert model.predict([]) == []


def test_spans_of_the_getter_are_read_as_sentences(model):
    doc = nlp("a b c")
    model.attrs["get_spans"] = lambda docs: [[doc[:1], doc[1:]] for doc in docs]
    (output,) = model.predict([doc])
    bilm = model.shims[0].model
    expected, _ = bilm([["a"], ["b", "c"]], bilm.initial_state("warm", 2))
    assert np.allclose(output, np.concatenate([e.detach() for e in expected], axis=1), atol=TOLERANCE)


def test_tokens_in_no_span_have_zeros(model):
    model.attrs["get_spans"] = lambda docs: [[doc[1:2]] for doc in docs]
    (output,) = model.predict([nlp("a b c")])
    assert output[:, 1].any()
    assert not output[:, [0, 2]].any()


def test_spans_out_of_order_give_each_token_its_own_row(model):
    words = [f"w{i}" for i in range(6)]
    doc = Doc(nlp.vocab, words=words)
    model.attrs["get_spans"] = lambda docs: [[doc[i : i + 1] for i in reversed(range(6))] for doc in docs]
    (output,) = model.predict([doc])
    for i in range(6):
        (alone,) = model.predict([Doc(nlp.vocab, words=[words[i]])])
        assert np.allclose(output[:, i], alone[:, 0], atol=TOLERANCE)


@pytest.mark.parametrize("layers", [[2], [0, 2], []])
def test_only_the_layers_asked_for(model, layers):
    docs = [nlp("One two."), nlp("three")]
    everything = model.predict(docs)
    for output, expected in zip(encode_docs(model, docs, layers), everything):
        assert output.shape == (len(layers), *expected.shape[1:])
        assert np.allclose(output, expected[layers], atol=TOLERANCE)


def test_training_gives_the_same_vectors_and_no_gradient(model):
    docs = [nlp("One two.")]
    output, backprop = model.begin_update(docs)
    assert np.array_equal(output[0], model.predict(docs)[0])
    assert backprop(output) == []


@pytest.mark.parametrize(("key", "value"), [("max_batch_words", 0), ("max_batch_words", 1.5), ("word_cache", -1)])
def test_settings_out_of_range_are_named(key, value):
    with pytest.raises(ValueError, match=f"{key} = {value}: must be a whole number"):
        build_bilm(configure_sentences(), **{key: value})


@pytest.mark.parametrize(
    ("get_spans", "message"),
    [
        (lambda docs: None, "must return a list of 2 lists, one for each Doc; it returned NoneType"),
        (lambda docs: "ab", "it returned str"),
        (lambda docs: [[docs[0][:]]], "must return a list of 2 lists, one for each Doc; it returned 1"),
        (lambda docs: [[docs[0][:]], None], "one of them is NoneType"),
        (lambda docs: [[doc.text] for doc in docs], r"must return spans \(`doc\[start:end\]`\), not str"),
        (lambda docs: [[docs[1][:]], [docs[0][:]]], "a span is of another Doc"),
    ],
)
def test_what_a_getter_must_not_return_is_refused(model, get_spans, message):
    model.attrs["get_spans"] = get_spans
    with pytest.raises(ValueError, match=f"get_spans: .*{message}"):
        model.predict([nlp("a b"), nlp("c")])
