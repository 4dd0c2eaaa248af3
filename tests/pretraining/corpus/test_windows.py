from collections import Counter
from itertools import chain

import numpy as np
import pytest
import torch

from spacy_elmo.pretraining.corpus.shards import WeightedDocument
from spacy_elmo.pretraining.corpus.windows import Windows
from tests.support.corpora import make_documents, marked, prepare_all


@pytest.fixture
def corpus(tmp_path):
    return prepare_all(make_documents(30), tmp_path / "corpus", max_words=12).train


def reference(corpus, *, lanes, steps, seed, epoch):
    """Return (words, target numbers) of each window, [direction][step][lane], built with lists."""
    tokens = corpus.tokens.tolist()
    sentences = [tokens[a:b] for a, b in zip(corpus.sentences, corpus.sentences[1:])]
    documents = [sentences[a:b] for a, b in zip(corpus.documents, corpus.documents[1:])]
    order = np.random.default_rng((seed, epoch)).permutation(len(documents))
    ordered = [sentence for i in order for sentence in documents[i]]
    streams = [list(chain(*ordered)), list(chain(*(sentence[::-1] for sentence in ordered)))]
    length = (len(tokens) - 1) // lanes
    n = len(corpus.vocabulary)
    for start in range(0, length, steps):
        places = [[lane * length + step for lane in range(lanes)] for step in range(start, min(start + steps, length))]
        inputs = [[corpus.words(np.array([stream[p] for p in row])) for row in places] for stream in streams]
        targets = [[[stream[p + 1] if stream[p + 1] < n else 2 for p in row] for row in places] for stream in streams]
        yield inputs, targets


def as_words(window):
    return [[[window.words[i] for i in row] for row in rows] for rows in window.inputs.tolist()]


@pytest.mark.parametrize(("lanes", "steps"), [(1, 1), (1, 1000), (3, 7), (4, 20), (7, 5)])
@pytest.mark.parametrize("epoch", [0, 3])
def test_windows_are_those_built_from_lists(corpus, lanes, steps, epoch):
    steps = min(steps, (corpus.n_tokens - 1) // lanes)
    windows = Windows(corpus, batch_size=lanes, unroll_steps=steps, seed=5)
    expected = list(reference(corpus, lanes=lanes, steps=steps, seed=5, epoch=epoch))
    assert windows.n_windows() == len(expected)
    for i, (inputs, targets) in enumerate(expected):
        window = windows.window(epoch, i)
        assert as_words(window) == inputs
        assert window.targets.tolist() == targets


def test_the_backward_direction_turns_each_sentence_around(tmp_path):
    corpus = prepare_all([[["a", "b"], ["c"]]], tmp_path / "corpus").train
    window = Windows(corpus, batch_size=1, unroll_steps=6, seed=0).window(0, 0)
    forward, backward = ([row[0] for row in rows] for rows in as_words(window))
    assert forward == ["<S>", "a", "b", "</S>", "<S>", "c"]
    assert backward == ["</S>", "b", "a", "<S>", "</S>", "c"]
    words = corpus.vocabulary.words
    forward, backward = ([words[row[0]] for row in rows] for rows in window.targets.tolist())
    assert forward == ["a", "b", "</S>", "<S>", "c", "</S>"]
    assert backward == ["b", "a", "<S>", "</S>", "c", "<S>"]


def test_an_epoch_of_weighted_documents_is_the_part_that_a_pass_reads(tmp_path):
    documents = [WeightedDocument(document, 0.5) for document in make_documents(30) * 2]
    corpus = prepare_all(documents, tmp_path / "corpus").train
    windows = Windows(corpus, batch_size=1, unroll_steps=10, seed=0, weights=corpus.weights)
    assert windows.n_windows() == -(-(corpus.n_tokens // 2 - 1) // 10)
    seen = Counter(
        word
        for epoch in (0, 1)
        for i in range(windows.n_windows())
        for row in as_words(windows.window(epoch, i))[0]
        for word in row
    )
    missing = Counter(chain(*chain(*marked(documents)))) - seen
    assert missing.total() == 2  # the last token of each epoch


def test_words_are_distinct_also_those_outside_the_vocabulary(tmp_path, monkeypatch):
    monkeypatch.setattr("spacy_elmo.pretraining.corpus.shards.MAX_TOKENS", 5)  # "rare" gets an id in each shard
    corpus = prepare_all([[["a", "a", "a", "a", "rare"]]] * 4, tmp_path / "corpus", max_words=4).train
    window = Windows(corpus, batch_size=1, unroll_steps=27, seed=0).window(0, 0)
    assert sorted(window.words) == ["</S>", "<S>", "a", "rare"]


def test_inputs_and_targets_are_int64(corpus):
    window = Windows(corpus, batch_size=2, unroll_steps=4, seed=0).window(0, 0)
    assert window.inputs.dtype == window.targets.dtype == torch.int64
    assert window.inputs.shape == window.targets.shape == (2, 4, 2)


@pytest.mark.parametrize("world", [2, 3])
def test_processes_see_together_what_one_sees(corpus, world):
    settings = {"batch_size": 6, "unroll_steps": 5, "seed": 1}
    alone = Windows(corpus, **settings)
    together = [Windows(corpus, **settings, rank=rank, world=world) for rank in range(world)]
    for i in range(alone.n_windows()):
        windows = [share.window(1, i) for share in together]
        merged = [[list(chain(*rows)) for rows in zip(*sides)] for sides in zip(*map(as_words, windows))]
        assert merged == as_words(alone.window(1, i))
        assert torch.equal(torch.cat([window.targets for window in windows], dim=2), alone.window(1, i).targets)


def test_an_epoch_has_every_token_but_those_that_do_not_fill_the_lanes(corpus):
    windows = Windows(corpus, batch_size=4, unroll_steps=9, seed=0)
    n = sum(windows.window(2, i).targets[0].numel() for i in range(windows.n_windows()))
    assert n == (corpus.n_tokens - 1) // 4 * 4


def test_a_window_does_not_depend_on_what_was_asked_for_before(corpus):
    windows = Windows(corpus, batch_size=3, unroll_steps=6, seed=0)
    before = windows.window(1, 2)
    windows.window(4, 0)
    after = windows.window(1, 2)
    assert before.words == after.words
    assert torch.equal(before.inputs, after.inputs)
    assert torch.equal(before.targets, after.targets)


def test_epochs_and_seeds_have_orders_of_their_own(corpus):
    first = Windows(corpus, batch_size=1, unroll_steps=60, seed=0)
    texts = [as_words(first.window(0, 0)), as_words(first.window(1, 0))]
    texts.append(as_words(Windows(corpus, batch_size=1, unroll_steps=60, seed=1).window(0, 0)))
    assert texts[0] != texts[1] != texts[2] != texts[0]


def test_a_batch_larger_than_the_corpus_is_an_error_that_says_what_to_lower(corpus):
    with pytest.raises(ValueError, match="batch_size = 64, unroll_steps = 20: .*1280 tokens does not fit .*lower them"):
        Windows(corpus, batch_size=64, unroll_steps=20, seed=0)


def test_one_sentence_is_too_little_for_a_batch(tmp_path):
    corpus = prepare_all([[["one", "sentence"]]], tmp_path / "corpus").train
    with pytest.raises(ValueError, match="which has 4; lower them"):
        Windows(corpus, batch_size=2, unroll_steps=2, seed=0)


@pytest.mark.parametrize("settings", [{"batch_size": 3, "world": 2}, {"batch_size": 4, "world": 2, "rank": 2}])
def test_lanes_that_cannot_be_shared_are_an_error(corpus, settings):
    with pytest.raises(ValueError, match="no equal share"):
        Windows(corpus, **{"unroll_steps": 2, "seed": 0, **settings})


@pytest.mark.parametrize("key", ["batch_size", "unroll_steps", "world"])
def test_sizes_below_one_are_an_error(corpus, key):
    with pytest.raises(ValueError, match=f"{key} = 0: must be at least 1"):
        Windows(corpus, **{"batch_size": 2, "unroll_steps": 2, "seed": 0, key: 0})


@pytest.mark.parametrize("index", [-1, 10_000])
def test_a_window_outside_the_epoch_is_an_error(corpus, index):
    with pytest.raises(IndexError, match=f"window {index}: an epoch has"):
        Windows(corpus, batch_size=2, unroll_steps=4, seed=0).window(0, index)
