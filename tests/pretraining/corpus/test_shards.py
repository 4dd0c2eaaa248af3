from itertools import chain

import numpy as np
import pytest

from spacy_elmo.pretraining.corpus import shards
from spacy_elmo.pretraining.corpus.shards import read_shard, split, write_shard
from spacy_elmo.text.readers import CorpusError
from tests.support.corpora import make_documents, texts


@pytest.mark.parametrize(("key", "value"), [("MAX_TOKENS", 50), ("MAX_WORDS", 8), ("MAX_BYTES", 20)])
def test_shards_are_bounded_and_hold_all_documents_in_order(monkeypatch, key, value):
    monkeypatch.setattr(shards, key, value)
    documents = make_documents(60)
    found = list(split(documents))
    assert len(found) > 4
    assert list(chain(*map(texts, found))) == documents
    assert all(len(set(shard.words)) == len(shard.words) for shard in found)


def test_empty_sentences_and_documents_are_left_out():
    (shard,) = split([[], [[]], [["a"], [], ["b"]], []])
    assert texts(shard) == [[["a"], ["b"]]]


def test_no_words_make_no_shard():
    assert list(split([[], [[]]])) == []


def test_lone_surrogates_are_left_out_of_words():
    (shard,) = split([[["a\ud800b"]]])
    assert shard.words == [b"ab"]


def test_a_shard_comes_back_from_its_file(tmp_path):
    (shard,) = split([*make_documents(9), [["a\nb", "\0", "\u00fc"]]])
    write_shard(tmp_path / "shard.npz", shard)
    assert texts(read_shard(tmp_path / "shard.npz")) == texts(shard)


def test_documents_are_selected():
    documents = make_documents(20)
    (shard,) = split(documents)
    chosen = np.arange(20) % 3 == 1
    assert texts(shard.select(chosen)) == documents[1::3]
    assert texts(shard.select(np.zeros(20, dtype=bool))) == []


@pytest.mark.parametrize("documents", [None, 5, "text", ["text"], [5], [["text"]], [[[5]]], [[["a"], "b"]], [None]])
def test_what_is_no_document_is_named(documents):
    with pytest.raises(
        CorpusError, match="a reader of text gave .*; it must .* a list of sentences, each a list of words"
    ):
        list(split(documents))
