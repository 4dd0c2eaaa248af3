"""What Docs carry, without a biLM: made-up vectors go through everything that spaCy does with Docs."""

import copy
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span, Token

from spacy_elmo.tokens.data import get_data, set_data
from spacy_elmo.tokens.extensions import set_extensions
from spacy_elmo.tokens.hooks import set_hooks
from tests.support.docs import VOCAB, WIDTH, WORDS, make_doc

# Getters


def test_shapes_of_doc_span_and_token():
    doc = make_doc()
    assert doc._.elmo.shape == (5, WIDTH)
    assert doc._.elmo_layers.shape == (3, 5, WIDTH)
    assert doc[1:3]._.elmo.shape == (2, WIDTH)
    assert doc[1:3]._.elmo_layers.shape == (3, 2, WIDTH)
    assert doc[1]._.elmo.shape == (WIDTH,)
    assert doc[1]._.elmo_layers.shape == (3, WIDTH)


def test_spans_and_tokens_have_the_rows_of_their_doc():
    doc = make_doc()
    assert np.array_equal(doc[1:3]._.elmo, doc._.elmo[1:3])
    assert np.array_equal(doc[2]._.elmo_layers, doc._.elmo_layers[:, 2])


def test_empty_spans_have_no_rows():
    assert make_doc()[2:2]._.elmo.shape == (0, WIDTH)


def test_the_mixed_vector_is_the_weighted_sum_of_the_layers():
    doc = make_doc()
    assert np.allclose(doc._.elmo, doc._.elmo_layers.mean(axis=0), atol=1e-6)  # rounding of float32


def test_a_mix_alone_has_no_layers():
    doc = make_doc(store="mix")
    assert doc[0]._.elmo.shape == (WIDTH,)
    assert doc._.elmo_layers is None
    assert doc[0]._.elmo_layers is None


def test_half_precision_stays_half_precision():
    assert make_doc(dtype="float16")._.elmo.dtype == np.float16


def test_without_data_there_is_none():
    doc = Doc(VOCAB, words=WORDS)
    assert doc._.elmo is None
    assert doc[0:2]._.elmo_layers is None
    assert doc[0]._.elmo is None


def test_two_pipes_keep_their_data_apart():
    set_extensions("elmo_two")
    doc = make_doc()
    assert doc._.elmo_two is None
    set_data(doc, get_data(make_doc(store="mix")), "elmo_two")
    assert doc._.elmo_two_layers is None
    assert doc._.elmo_layers is not None


def test_an_extension_of_the_user_is_kept():
    Token.set_extension("elmo_mine", default="mine")
    try:
        with pytest.warns(UserWarning, match="Token has an extension 'elmo_mine' already"):
            set_extensions("elmo_mine")
        assert make_doc()[0]._.elmo_mine == "mine"
    finally:
        for cls in (Doc, Span, Token):
            for extension in ("elmo_mine", "elmo_mine_layers", "elmo_mine_data"):
                if cls.has_extension(extension):
                    cls.remove_extension(extension)


def test_extensions_can_be_set_twice():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        set_extensions()


# Retokenization


def test_a_merged_token_gets_the_mean_of_its_words():
    doc = make_doc()
    before = doc._.elmo_layers
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
    assert doc._.elmo_layers.shape == (3, 4, WIDTH)
    assert np.allclose(doc[0]._.elmo_layers, before[:, :2].mean(axis=1))
    assert np.array_equal(doc._.elmo_layers[:, 1:], before[:, 2:])


def test_whitespace_in_a_merged_token_does_not_count():
    doc = make_doc()
    before = doc._.elmo
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[2:5])
    assert np.allclose(doc[2]._.elmo, before[[2, 4]].mean(axis=0))


def test_the_parts_of_a_split_token_get_its_row():
    doc = make_doc()
    before = doc._.elmo
    with doc.retokenize() as retokenizer:
        retokenizer.split(doc[4], ["b", "ig"], heads=[(doc[4], 1), doc[2]])
    assert doc._.elmo.shape == (6, WIDTH)
    assert np.array_equal(doc[4]._.elmo, before[4])
    assert np.array_equal(doc[5]._.elmo, before[4])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4)), max_size=4))
def test_rows_match_tokens_after_any_merges(merges):
    doc = make_doc([f"w{i}" for i in range(10)])
    spans = [doc[start : start + size] for start, size in merges]
    with doc.retokenize() as retokenizer:
        for span in spacy.util.filter_spans(spans):
            retokenizer.merge(span)
    assert doc._.elmo.shape == (len(doc), WIDTH)
    assert np.isfinite(doc._.elmo).all()


# Copies and serialization


def test_copies_share_the_data():
    doc = make_doc()
    assert get_data(doc.copy()) is get_data(doc)
    assert copy.deepcopy(get_data(doc)) is get_data(doc)


@pytest.mark.parametrize("store", ["layers", "mix"])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_bytes_keep_the_data(store, dtype):
    doc = make_doc(store=store, dtype=dtype)
    again = Doc(doc.vocab).from_bytes(doc.to_bytes())
    assert np.array_equal(again._.elmo, doc._.elmo)
    assert again._.elmo.dtype == doc._.elmo.dtype


def test_pickle_keeps_the_data():
    doc = make_doc()
    set_hooks(doc)
    again = pickle.loads(pickle.dumps(doc))
    assert np.array_equal(again._.elmo_layers, doc._.elmo_layers)
    assert np.array_equal(again[0].vector, doc[0].vector)


def test_doc_bin_keeps_the_data():
    docs = [make_doc(), make_doc([]), make_doc(["x"])]
    data = DocBin(docs=docs, store_user_data=True).to_bytes()
    again = list(DocBin().from_bytes(data).get_docs(docs[0].vocab))
    for old, new in zip(docs, again):
        assert np.array_equal(new._.elmo_layers, old._.elmo_layers)


READER = """
import sys
import numpy as np
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab  # without a Language, which would load every installed factory, and this package with it

doc, = DocBin().from_disk(sys.argv[1]).get_docs(Vocab())
assert "spacy_elmo" not in sys.modules
assert doc.user_data["._.", "elmo_data", None, None]["layers"].shape == (3, 5, 4)

import spacy_elmo
assert np.allclose(doc._.elmo, np.load(sys.argv[2])), doc._.elmo
"""


def test_a_process_that_knows_only_spacy_reads_a_doc_bin(tmp_path):
    doc = make_doc()
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "docs.spacy")
    np.save(tmp_path / "elmo.npy", doc._.elmo)
    command = [sys.executable, "-c", READER, str(tmp_path / "docs.spacy"), str(tmp_path / "elmo.npy")]
    subprocess.run(command, check=True)


def test_a_part_made_into_a_doc_does_not_get_rows_of_other_tokens():
    doc = make_doc()
    assert doc[1:3].as_doc()._.elmo is None
    assert doc[1:3].as_doc(copy_user_data=True)._.elmo is None
