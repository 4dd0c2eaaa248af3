"""What `.vector` is on the ways that Docs go: the rows of the table in docs/vectors.md, with made-up vectors."""

import copy
import gc
import pickle
import warnings
import weakref

import numpy as np
import pytest
import spacy
from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from spacy_elmo.tokens.data import get_data, set_data
from spacy_elmo.tokens.hooks import set_hooks
from spacy_elmo.tokens.tensor import ElmoTensor
from tests.support.docs import VOCAB, WIDTH, make_doc
from tests.tokens.test_hooks import vocab_with_vectors

pytestmark = pytest.mark.filterwarnings("ignore:\\[W109\\]", "ignore:\\[W101\\]", "ignore:\\[W008\\]")


@pytest.fixture(params=["as made", "merged and split"])
def doc(request):
    doc = set_hooks(make_doc())
    doc.has_unknown_spaces = False  # as where a tokenizer made it
    if request.param == "merged and split":
        retokenize(doc)
    return doc


def retokenize(doc):
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
        retokenizer.split(doc[4], ["b", "ig"], heads=[(doc[4], 1), doc[2]])


def from_bytes(doc, vocab=VOCAB):
    return Doc(vocab).from_bytes(doc.to_bytes())


def from_doc_bin(doc, **settings):
    return next(DocBin().from_bytes(DocBin(docs=[doc], **settings).to_bytes()).get_docs(VOCAB))


def assert_same_vectors(old, new):
    """Of tokens, spans and the Doc; sums of float32 may differ in their order."""
    assert [token.text for token in old] == [token.text for token in new]
    assert np.allclose([token.vector for token in old], [token.vector for token in new])
    assert np.allclose(old[1:4].vector, new[1:4].vector, atol=1e-6)
    assert np.allclose(old.vector, new.vector, atol=1e-6)
    assert np.isclose(old.vector_norm, new.vector_norm)


def assert_without_vectors(doc):
    assert not doc.has_vector
    assert not any(token.has_vector for token in doc)
    assert doc.vector.shape == doc[1].vector.shape == (0,)


# Ways on which hooks go along: all is as before


@pytest.mark.parametrize("way", [Doc.copy, copy.deepcopy, lambda doc: pickle.loads(pickle.dumps(doc))])
def test_copies_and_pickles_are_as_before(doc, way):
    again = way(doc)
    assert_same_vectors(doc, again)
    assert not again[2 if len(again) == 5 and again[2].is_space else 3].has_vector
    assert np.isclose(again[0].similarity(again[1]), doc[0].similarity(doc[1]))


# Ways on which the tensor stands in for them


def test_bytes_have_the_vectors(doc):
    again = from_bytes(doc)
    assert not again.user_hooks
    assert_same_vectors(doc, again)
    assert_same_vectors(doc, from_bytes(again))


def test_vectors_after_bytes_are_plain_arrays(doc):
    again = from_bytes(doc)
    part = doc[1:4].as_doc()
    for vector in (again[0].vector, again[0:2].vector, again.vector, again.tensor * 2, part[0].vector, part.vector):
        assert type(vector) is np.ndarray
    again.tensor = again.tensor * 2
    assert np.allclose(from_bytes(again)[0].vector, 2 * doc[0].vector)


def test_a_file_has_the_vectors(doc, tmp_path):
    doc.to_disk(tmp_path / "doc")
    assert_same_vectors(doc, Doc(Vocab()).from_disk(tmp_path / "doc"))


def test_a_copy_that_is_retokenized_takes_its_vectors_to_bytes():
    again = set_hooks(make_doc()).copy()
    retokenize(again)
    assert_same_vectors(again, from_bytes(again))


def test_after_bytes_similarity_of_other_words_is_elmos_with_the_warning_of_spacy():
    doc = set_hooks(make_doc())
    again = from_bytes(doc)
    with pytest.warns(UserWarning, match="W007"):
        assert np.isclose(again[0].similarity(again[1]), doc[0].similarity(doc[1]))


def test_after_bytes_the_same_words_are_the_same_to_spacy_until_hooks_are_put_back():
    doc = from_bytes(set_hooks(make_doc(["bank", "of", "bank"])))
    assert doc[0].similarity(doc[2]) == 1.0
    assert set_hooks(doc)[0].similarity(doc[2]) < 0.99


def test_after_bytes_whitespace_has_a_vector_of_zeros():
    doc = from_bytes(set_hooks(make_doc()))
    assert doc[3].has_vector
    assert not doc[3].vector.any()
    assert not set_hooks(doc)[3].has_vector


def test_after_bytes_an_empty_doc_has_an_empty_vector_until_hooks_are_put_back():
    doc = from_bytes(set_hooks(make_doc([])))
    assert doc.vector.shape == (0,)
    assert set_hooks(doc).vector.shape == (WIDTH,)


def test_retokenizing_after_bytes_needs_hooks_first():
    doc, again = set_hooks(make_doc()), set_hooks(from_bytes(set_hooks(make_doc())))
    retokenize(doc)
    retokenize(again)
    assert_same_vectors(doc, again)
    assert_same_vectors(doc, from_bytes(again))


def test_the_last_pipe_has_the_vectors_after_bytes():
    doc = make_doc()
    set_data(doc, get_data(make_doc(["New", "York", "is", " ", "bad"])), "elmo_other")
    set_hooks(doc)
    set_hooks(doc, "elmo_other")
    assert_same_vectors(doc, from_bytes(doc))


def test_bytes_without_user_data_have_no_vectors(doc):
    assert_without_vectors(Doc(VOCAB).from_bytes(doc.to_bytes(exclude=["user_data"])))


def test_bytes_without_elmo_data_have_no_vectors(doc):
    doc._.elmo_data = None  # as `doc_cleaner` does
    assert_without_vectors(from_bytes(doc))


# A part as a Doc


def test_a_part_made_into_a_doc_has_its_vectors(doc):
    part = doc[1:4].as_doc()
    assert np.allclose([token.vector for token in part], [token.vector for token in doc[1:4]])
    assert [token.has_vector for token in part] == [token.has_vector for token in doc[1:4]]
    assert np.allclose(part.vector, doc[1:4].vector)
    assert np.isclose(part[0].similarity(part[1]), doc[1].similarity(doc[2]))
    assert np.allclose([token.vector for token in from_bytes(part)], [token.vector for token in part])


def test_a_part_of_a_copy_has_the_vectors_of_the_copy():
    doc = set_hooks(make_doc())
    again = doc.copy()
    retokenize(again)
    assert np.allclose(again[0:2].as_doc()[0].vector, again[0].vector)
    assert np.allclose(doc[0:2].as_doc()[0].vector, doc[0].vector)


def test_a_part_of_a_doc_from_bytes_has_its_vectors(doc):
    again = from_bytes(doc)
    assert np.allclose([token.vector for token in again[1:4].as_doc()], [token.vector for token in doc[1:4]])


# Ways on which nothing is left


@pytest.mark.parametrize("keeps", [True, False])
def test_a_doc_bin_has_vectors_only_once_hooks_are_put_back(doc, keeps):
    again = from_doc_bin(doc, store_user_data=keeps)
    assert_without_vectors(again)
    set_hooks(again)
    if keeps:
        assert_same_vectors(doc, again)
    else:
        assert_without_vectors(again)


def test_json_has_no_vectors():
    assert_without_vectors(Doc(VOCAB).from_json(set_hooks(make_doc(["New", "York"])).to_json()))


def test_joined_docs_have_no_vectors(doc):
    joined = Doc.from_docs([doc, doc])
    assert_without_vectors(joined)
    assert joined._.elmo is None


def test_joined_docs_from_bytes_have_their_vectors(doc):
    assert_same_vectors(doc, Doc.from_docs([from_bytes(doc)]))


def test_joined_docs_have_no_vectors_where_a_part_has_none(doc):
    assert_without_vectors(Doc.from_docs([from_bytes(doc), doc]))


@pytest.mark.parametrize("data", [{"layers": 1}, "text", {"offsets": np.zeros((2, 2))}])
def test_a_doc_with_wrong_data_is_read(data):
    doc = set_hooks(make_doc())
    doc.user_data["._.", "elmo_data", None, None] = data
    assert_without_vectors(from_bytes(doc))


# Beside others who use the tensor or vectors


def test_a_listener_to_a_disabled_tok2vec_gets_zeros(doc):
    (features,), _ = Tok2VecListener("tok2vec", width=WIDTH)([doc], is_train=False)
    assert not features.any()


@pytest.mark.parametrize("order", [("elmo", "tok2vec"), ("tok2vec", "elmo")])
def test_the_tensor_of_a_tok2vec_is_kept_and_is_what_bytes_have(order):
    doc, tensor = make_doc(), np.ones((5, 2), dtype="float32")
    for name in order:
        if name == "elmo":
            set_hooks(doc)
        else:
            doc.tensor = tensor
    assert np.array_equal(doc[0].vector, doc[0]._.elmo)
    again = from_bytes(doc)
    assert np.array_equal(again.tensor, tensor)
    assert np.array_equal(set_hooks(again)[0].vector, doc[0].vector)


def test_tokens_of_a_part_have_the_tensor_of_a_tok2vec_and_the_part_has_elmos_mean():
    doc = set_hooks(make_doc())
    doc.tensor = np.ones((5, 2), dtype="float32")
    part = doc[0:2].as_doc()
    assert np.array_equal(part[0].vector, [1, 1])
    assert np.array_equal(part.vector, doc[0:2].vector)


def test_numbers_that_are_added_to_the_tensor_are_kept():
    doc, numbers = set_hooks(make_doc()), np.ones((5, 2), dtype="float32")
    doc.extend_tensor(numbers)
    assert np.array_equal(from_bytes(doc).tensor, numbers)


def test_vectors_of_the_vocabulary_are_what_bytes_have():
    vocab = vocab_with_vectors()
    doc = set_hooks(make_doc(vocab=vocab))
    again = from_bytes(doc, vocab)
    assert np.array_equal(again[0].vector, np.ones(3))
    assert np.array_equal(doc[0:2].as_doc()[0].vector, np.ones(3))
    assert np.array_equal(set_hooks(again)[0].vector, doc[0].vector)


def test_a_process_without_this_package_reads_an_empty_tensor():
    from srsly.msgpack import _unpackb
    from srsly.msgpack._msgpack_numpy import decode_numpy

    message = _unpackb(set_hooks(make_doc()).to_bytes(), object_hook=decode_numpy, raw=False)
    assert type(message["tensor"]) is np.ndarray
    assert message["tensor"].size == 0


def test_the_tensor_does_not_keep_a_doc():
    doc = set_hooks(make_doc())
    known = weakref.ref(doc)
    gc.disable()
    try:
        tensor, vector = doc.tensor, doc[0:2].vector
        assert isinstance(tensor, ElmoTensor)
        assert vector.any()
        del doc
        assert known() is None
        assert tensor[0:2].size == 0
    finally:
        gc.enable()


def test_a_doc_without_hooks_is_read_as_before():
    doc = Doc(spacy.blank("en").vocab, words=["a", "b"])
    doc.tensor = np.ones((2, 3), dtype="float32")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = from_bytes(doc)
    assert type(again.tensor) is np.ndarray
