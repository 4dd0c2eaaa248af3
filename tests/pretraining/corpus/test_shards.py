from itertools import chain

import numpy as np
import pytest

from spacy_elmo.pretraining.corpus import shards as parts
from spacy_elmo.pretraining.corpus.shards import read_part, split, write_part
from tests.support.corpora import make_documents


def texts(part):
    words = iter([part.words[i].decode() for i in part.numbers])
    sentences = iter([[next(words) for _ in range(n)] for n in part.sentences])
    return [[next(sentences) for _ in range(n)] for n in part.documents]


@pytest.mark.parametrize(("key", "value"), [("MAX_TOKENS", 50), ("MAX_WORDS", 8), ("MAX_BYTES", 20)])
def test_parts_are_bounded_and_hold_all_documents_in_order(monkeypatch, key, value):
    monkeypatch.setattr(parts, key, value)
    documents = make_documents(60)
    found = list(split(documents))
    assert len(found) > 4
    assert list(chain(*map(texts, found))) == documents
    assert all(len(set(part.words)) == len(part.words) for part in found)


def test_empty_sentences_and_documents_are_left_out():
    (part,) = split([[], [[]], [["a"], [], ["b"]], []])
    assert texts(part) == [[["a"], ["b"]]]


def test_no_words_make_no_part():
    assert list(split([[], [[]]])) == []


def test_lone_surrogates_are_left_out_of_words():
    (part,) = split([[["a\ud800b"]]])
    assert part.words == [b"ab"]


def test_a_part_comes_back_from_its_file(tmp_path):
    (part,) = split([*make_documents(9), [["a\nb", "\0", "\u00fc"]]])
    write_part(tmp_path / "part.npz", part)
    assert texts(read_part(tmp_path / "part.npz")) == texts(part)


def test_documents_are_selected():
    documents = make_documents(20)
    (part,) = split(documents)
    chosen = np.arange(20) % 3 == 1
    assert texts(part.select(chosen)) == documents[1::3]
    assert texts(part.select(np.zeros(20, dtype=bool))) == []
