from collections.abc import Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_elmo.pretraining.corpus import shards
from spacy_elmo.pretraining.corpus.mapped import Corpus
from spacy_elmo.pretraining.corpus.shards import WeightedDocument
from spacy_elmo.pretraining.corpus.spool import DEV, TRAIN, Spool
from spacy_elmo.pretraining.corpus.vocabulary import MARKERS, choose_words
from spacy_elmo.text.readers import CorpusError, Document
from tests.support.corpora import make_documents, marked, read_back, texts


def spool(stage: Path, documents: Sequence[Document], dev=None, *, dev_size: float = 0, seed: int = 0) -> Spool:
    stage.mkdir(exist_ok=True)
    return Spool(stage, iter(documents), dev, dev_size=dev_size, seed=seed)


def parts(spool: Spool) -> tuple[list[Document], list[Document]]:
    """Return what is trained on and what is held out."""
    train, dev = zip(*spool.shards())
    return list(chain(*map(texts, train))), list(chain(*map(texts, dev)))


def numbered(n: int) -> list[Document]:
    return [[[f"w{i}", "a"], ["b"]] for i in range(n)]


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 30), st.data(), st.integers(0, 9), st.integers(1, 20))
def test_any_number_is_held_out_and_the_order_stays(n, data, seed, max_tokens):
    documents, n_dev = numbered(n), data.draw(st.integers(0, n - 1))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "MAX_TOKENS", max_tokens)
        train, dev = parts(spool(Path(folder), documents, dev_size=n_dev, seed=seed))
    assert len(dev) == n_dev
    assert dev == [document for document in documents if document in dev]
    assert train == [document for document in documents if document not in dev]


@pytest.mark.parametrize(("dev_size", "n_dev"), [(0, 0), (0.0001, 1), (0.25, 10), (0.49, 20), (1, 1), (7.0, 7)])
def test_below_1_it_is_a_share_and_else_a_number(tmp_path: Path, dev_size: float, n_dev: int):
    assert spool(tmp_path, numbered(40), dev_size=dev_size).is_dev.sum() == n_dev


def test_the_choice_does_not_depend_on_the_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first = spool(tmp_path / "a", numbered(30), dev_size=9)
    monkeypatch.setattr(shards, "MAX_TOKENS", 10)
    second = spool(tmp_path / "b", numbered(30), dev_size=9)
    assert len(first.sizes) < len(second.sizes)
    assert parts(first) == parts(second)


def test_documents_that_are_given_are_held_out_and_no_others(tmp_path: Path):
    documents, dev = make_documents(20), make_documents(5, seed=1)
    assert parts(spool(tmp_path, documents, iter(dev), dev_size=9)) == (documents, dev)


@pytest.mark.parametrize(
    ("documents", "dev", "message"),
    [
        ([], None, "^the text has no words; check its paths"),
        ([[[]], []], [[["a"]]], "^the text has no words"),
        ([[["a"]]], [[], [[]]], "^the held-out text has no words"),
        ([[["a"]]], [], "^the held-out text has no words"),
    ],
)
def test_a_text_without_words_is_refused(tmp_path: Path, documents, dev, message):
    with pytest.raises(CorpusError, match=message):
        spool(tmp_path, documents, dev)


@pytest.mark.parametrize(("n", "dev_size"), [(1, 0.01), (3, 3), (3, 4), (2, 0.99)])
def test_something_must_be_left_to_train_on(tmp_path: Path, n: int, dev_size: float):
    message = rf"^dev_size = {dev_size}: leaves none of {n} documents to train on; lower it \(0 for none\), name held"
    with pytest.raises(CorpusError, match=message):
        spool(tmp_path, numbered(n), dev_size=dev_size)


def test_only_the_training_text_is_counted(tmp_path: Path):
    found = []

    def choose(counts):
        found.extend(counts)
        return (*MARKERS, "b", "unseen")

    text = spool(tmp_path, [[["b", "a", "b"], ["c"]], [["b"]]], [[["b", "dev"]]])
    vocabulary = text.count(choose)
    assert found == [(b"a", 1), (b"b", 3), (b"c", 1)]
    assert vocabulary.words == (*MARKERS, "b", "unseen")
    assert vocabulary.counts.tolist() == [3, 3, 2, 3, 0]


def test_words_count_as_often_as_they_are_read(tmp_path: Path):
    documents = [[["a", "a"]], WeightedDocument([["b", "b", "b"], ["a"]], 0.5), WeightedDocument([["c"]], 3)]
    text = spool(tmp_path, documents)
    vocabulary = text.count(partial(choose_words, max_words=5, min_count=1))
    assert vocabulary.words == (*MARKERS, "c", "a")
    assert vocabulary.counts.tolist() == [5, 5, 2, 3, 2]  # of 5.0, 1.5, 3 and 2.5
    text.write(tmp_path / "new", vocabulary)
    assert Corpus(tmp_path / "new" / TRAIN, vocabulary).weights.tolist() == [1, 0.5, 3]


def test_where_all_is_read_once_no_weights_are_written(tmp_path: Path):
    text = spool(tmp_path, numbered(6), dev_size=2)
    text.write(tmp_path / "new", text.count(partial(choose_words, max_words=None, min_count=1)))
    assert not list((tmp_path / "new").rglob("weights*"))


def test_both_corpora_are_written_beside_their_vocabulary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shards, "MAX_TOKENS", 20)
    text = spool(tmp_path, numbered(30), dev_size=9)
    assert len(text.sizes) > 4
    words = [f"w{i}" for i in range(30)]
    vocabulary = text.count(lambda counts: (*MARKERS, "a", "b", *words))
    text.write(tmp_path / "new", vocabulary)
    found = (read_back(Corpus(tmp_path / "new" / name, vocabulary)) for name in (TRAIN, DEV))
    assert list(found) == [marked(part) for part in parts(text)]
    assert (tmp_path / "new" / "vocab.txt").read_text().split() == list(vocabulary.words)
