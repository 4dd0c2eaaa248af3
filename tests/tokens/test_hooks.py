"""spaCy's own vectors, without a biLM: made-up vectors answer as those of the pipe do."""

import gc
import weakref

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

from spacy_elmo.tokens.data import get_data
from spacy_elmo.tokens.hooks import set_hooks
from tests.support.docs import VOCAB, WIDTH, WORDS, make_doc


@pytest.fixture(params=["with static vectors", "without static vectors"])
def vocab(request):
    return vocab_with_vectors() if request.param == "with static vectors" else VOCAB


def vocab_with_vectors():
    vocab = spacy.blank("en").vocab
    vocab.reset_vectors(shape=(2, 3))
    vocab.set_vector("New", np.ones(3, dtype="float32"))
    return vocab


def hooked(vocab, **settings):
    return set_hooks(make_doc(vocab=vocab, **settings))


def test_token_vector_is_the_mixed_vector(vocab):
    doc = hooked(vocab)
    assert np.array_equal(doc[0].vector, doc[0]._.elmo)
    assert doc[0].has_vector
    assert np.isclose(doc[0].vector_norm, np.linalg.norm(doc[0]._.elmo))


def test_whitespace_has_no_vector(vocab):
    doc = hooked(vocab)
    assert not doc[3].has_vector
    assert not doc[3].vector.any()


def test_doc_and_span_vectors_are_means_over_tokens(vocab):
    doc = hooked(vocab)
    assert np.allclose(doc.vector, doc._.elmo.mean(axis=0), atol=1e-6)  # order of a float32 sum
    assert np.allclose(doc[2:4].vector, doc._.elmo[2] / 2)  # doc[3] is whitespace
    assert np.isclose(doc[0:2].vector_norm, np.linalg.norm(doc[0:2].vector))
    assert np.isclose(doc.vector_norm, np.linalg.norm(doc.vector))


def test_similarity_is_the_cosine_of_elmo_vectors(vocab):
    doc = hooked(vocab)
    a, b = doc[0]._.elmo, doc[1]._.elmo
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert np.isclose(doc[0].similarity(doc[1]), cosine)
    assert np.isclose(doc.similarity(doc), 1.0)
    assert np.isclose(doc[0:1].similarity(doc[1:2]), cosine)
    assert np.isclose(doc[0:1].similarity(doc[1]), cosine)


def test_similarity_to_an_empty_vector_is_zero_with_the_warning_of_spacy(vocab):
    doc = hooked(vocab)
    with pytest.warns(UserWarning, match="W008"):
        assert doc[0].similarity(doc[3]) == 0.0


def test_vectors_of_half_precision_data_are_float32(vocab):
    assert hooked(vocab, dtype="float16")[0].vector.dtype == np.float32


def test_an_empty_doc_has_no_vector(vocab):
    doc = hooked(vocab, words=[])
    assert not doc.has_vector
    assert doc.vector.shape == (WIDTH,)


def test_hooks_without_data_give_the_answer_of_spacy(vocab):
    doc = Doc(vocab, words=WORDS)
    plain = doc[0].vector, doc[0].has_vector, doc.has_vector, doc[0:2].vector
    set_hooks(doc)
    hooked = doc[0].vector, doc[0].has_vector, doc.has_vector, doc[0:2].vector
    for old, new in zip(plain, hooked):
        assert np.array_equal(old, new)
    assert doc.user_hooks  # and they are in place again


def test_widths_that_differ_are_an_error_that_says_why():
    vocab = vocab_with_vectors()
    doc = hooked(vocab)
    with pytest.raises(ValueError, match="width 4 and 3: the other Token has no ELMo vectors"):
        doc[0].similarity(Doc(vocab, words=WORDS)[0])


def test_hooks_are_put_on_a_stream():
    docs = map(set_hooks, [make_doc(), make_doc(["x"])])
    assert all(doc.user_hooks for doc in docs)


def test_a_doc_with_vectors_is_freed_without_the_cycle_collector():
    doc = hooked(VOCAB)
    data = weakref.ref(get_data(doc).layers)
    gc.disable()
    try:
        del doc
        assert data() is None
    finally:
        gc.enable()
