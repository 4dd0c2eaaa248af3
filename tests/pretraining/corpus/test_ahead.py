import multiprocessing

import pytest
import torch

from spacy_elmo.pretraining.corpus.ahead import ReadAhead, read_step
from spacy_elmo.pretraining.corpus.windows import Window, Windows
from tests.support.corpora import make_documents, prepare_all


@pytest.fixture
def windows(tmp_path):
    corpus = prepare_all(make_documents(30), tmp_path / "corpus", max_words=12).train
    return Windows(corpus, batch_size=3, unroll_steps=7, seed=5)


def same(left: Window, right: Window) -> bool:
    return left.words == right.words and all(map(torch.equal, left[1:], right[1:]))


def test_steps_are_counted_over_epochs(windows):
    n = windows.n_windows()
    assert same(read_step(windows, n + 2), windows.window(1, 2))


@pytest.mark.parametrize("methods", [["fork"], ["spawn"]])
def test_windows_are_those_that_are_read_on_the_spot(methods, windows, monkeypatch):
    if not set(methods) <= set(multiprocessing.get_all_start_methods()):
        pytest.skip("this system does not fork")
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: methods)
    ahead, n = ReadAhead(windows), windows.n_windows()
    steps = [*range(n - 2, n + 3), 1, 2]  # into the next epoch, and back
    assert all(same(ahead.window(step), read_step(windows, step)) for step in steps)
