"""Rows of features for tokens that have changed since, and gradients on their way back."""

import numpy as np
import pytest
from spacy.tokens import Doc

from spacy_elmo.tokens.data import ElmoData, get_data, get_features, set_data, spread_rows, token_offsets

L, WIDTH = 3, 4
WORDS = ["one", "two", "three", " ", "five"]


def make_doc(nlp):
    """RETURNS: a Doc with random features; those of the space are zero."""
    doc = Doc(nlp.vocab, words=WORDS)
    features = np.random.default_rng(0).normal(size=(L, len(WORDS), WIDTH)).astype("float32")
    features[:, 3] = 0
    weights = np.ones(L, dtype="float32")
    set_data(doc, ElmoData(layers=None, mixed=None, weights=weights, offsets=token_offsets(doc), features=features))
    return doc, features


def merge(doc, *spans):
    with doc.retokenize() as retokenizer:
        for start, end in spans:
            retokenizer.merge(doc[start:end])


def split(doc, i, orths):
    with doc.retokenize() as retokenizer:
        retokenizer.split(doc[i], orths, heads=[(doc[i], 0) for _ in orths])


def change_nothing(doc):
    pass


CHANGES = [
    change_nothing,
    lambda doc: merge(doc, (0, 2)),
    lambda doc: merge(doc, (2, 5)),
    lambda doc: merge(doc, (0, 5)),
    lambda doc: split(doc, 2, ["th", "ree"]),
    lambda doc: (merge(doc, (0, 2)), split(doc, 1, ["t", "h", "ree"])),
]


def test_features_of_an_unchanged_doc_are_the_rows(nlp):
    doc, features = make_doc(nlp)
    assert np.array_equal(get_features(doc), features)


def test_merged_tokens_have_the_mean_of_words(nlp):
    doc, features = make_doc(nlp)
    merge(doc, (2, 5))
    assert np.allclose(get_features(doc)[:, 2], features[:, [2, 4]].mean(axis=1), atol=1e-6)  # order of a sum


def test_split_tokens_share_a_row(nlp):
    doc, features = make_doc(nlp)
    split(doc, 2, ["th", "ree"])
    assert np.array_equal(get_features(doc), features[:, [0, 1, 2, 2, 3, 4]])


@pytest.mark.parametrize("change", CHANGES)
def test_gradients_are_the_transpose_of_features(nlp, change):
    """<d, A x> = <A' d, x> for what features make of rows."""
    doc, features = make_doc(nlp)
    change(doc)
    out = get_features(doc)
    d = np.random.default_rng(1).normal(size=out.shape).astype("float32")
    d_rows = spread_rows(d, doc, get_data(doc))
    assert d_rows.shape == features.shape
    assert np.isclose((d * out).sum(), (d_rows * features).sum(), atol=1e-4)  # float32 sums of 60 numbers


@pytest.mark.parametrize("merged", [(2, 5), (0, 5), (3, 5)])
def test_whitespace_in_a_merged_token_gets_no_gradient(nlp, merged):
    doc, _ = make_doc(nlp)
    merge(doc, merged)
    d = np.ones((L, len(doc), WIDTH), dtype="float32")
    assert not spread_rows(d, doc, get_data(doc))[:, 3].any()


def test_no_features_without_data(nlp):
    assert get_features(Doc(nlp.vocab, words=WORDS)) is None


def test_no_features_under_another_name(nlp):
    doc, _ = make_doc(nlp)
    assert get_features(doc, "elmo_bio") is None


def test_no_features_on_a_part_of_the_doc(nlp):
    doc, _ = make_doc(nlp)
    assert get_features(doc[:2].as_doc(copy_user_data=True)) is None


def test_features_of_stored_layers_come_back_from_bytes(nlp):
    doc = nlp("One two three.")
    again = Doc(nlp.vocab).from_bytes(doc.to_bytes(exclude=["user_hooks"]))
    assert np.array_equal(get_features(again), get_features(doc))


def test_an_empty_doc_has_no_rows(nlp):
    assert get_features(nlp("")).shape == (3, 0, 8)


def stored(nlp):
    doc, _ = make_doc(nlp)
    data = get_data(doc)
    layers = np.ones((L, len(WORDS), WIDTH), dtype="float32")
    return doc, {**data.to_dict(), "layers": layers}


def put(doc, values):
    doc.user_data["._.", "elmo_data", None, None] = values


def test_what_was_stored_is_read(nlp):
    doc, values = stored(nlp)
    put(doc, values)
    assert get_data(doc).layers is values["layers"]


FOREIGN = {
    "a list": lambda values: [1, 2],
    "text": lambda values: "vectors",
    "nothing in it": lambda values: {},
    "a field less": lambda values: {key: value for key, value in values.items() if key != "offsets"},
    "a field more": lambda values: {**values, "version": 2},
    "offsets of another shape": lambda values: {**values, "offsets": values["offsets"][:, 0]},
    "offsets that are no numbers": lambda values: {**values, "offsets": "0"},
    "other layers": lambda values: {**values, "layers": values["layers"][:2]},
    "other rows": lambda values: {**values, "layers": values["layers"][:, :2]},
    "layers that are text": lambda values: {**values, "layers": "0"},
    "a mix of other rows": lambda values: {**values, "mixed": values["layers"][0, :2]},
}


@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN)
def test_data_of_another_version_or_program_are_refused(nlp, change):
    doc, values = stored(nlp)
    put(doc, change(values))
    with pytest.raises(ValueError, match="data of the pipe 'elmo' on a Doc are of another version.*`doc._.elmo_data`"):
        get_data(doc)
