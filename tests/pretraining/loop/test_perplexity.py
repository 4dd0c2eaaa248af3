import math
import os
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from spacy_elmo.bilm import BiLM
from spacy_elmo.formats import Head
from spacy_elmo.pretraining.corpus.mapped import Corpus
from spacy_elmo.pretraining.loop.perplexity import SCRATCH, evaluation_windows, text_perplexity
from spacy_elmo.text.readers import CorpusError
from tests.support.random_models import WORDS, random_head, random_model, random_table_model

TEXT = [[["the", "bank"], ["a", "river", "the"]]]


def by_hand(model: BiLM, head: Head, sentences: list[list[str]]) -> tuple[float, float]:
    """Return forward and backward perplexity, token by token through the plain model. The first marker of the text
    is read and not predicted."""
    index = {word: i for i, word in enumerate(head.words)}
    costs: list[list[float]] = [[], []]
    p = model.config.projection_size
    for direction in range(2):
        stream = [word for s in sentences for word in ["<S>", *s, "</S>"][:: -1 if direction else 1]]
        layers = model.backward_layers if direction else model.forward_layers
        h, c = torch.zeros(2, 1, p), torch.zeros(2, 1, model.config.hidden_size)
        for word, target in pairwise(stream):
            x = model.word_vectors([word])
            for i, lstm in enumerate(layers):
                y, h[i], c[i] = lstm(x[None], torch.tensor([1]), h[i], c[i])
                x = x + y[0] if i else y[0]
            likelihoods = (x @ head.weight.T + head.bias).log_softmax(dim=1)[0]
            costs[direction].append(-likelihoods[index.get(target, 2)].item())
    forward, backward = (math.exp(sum(cost) / len(cost)) for cost in costs)
    return forward, backward


@torch.no_grad()
@pytest.mark.parametrize("model", [random_model(), random_table_model()], ids=["characters", "words"])
def test_it_is_what_the_plain_model_says_token_by_token(model: BiLM):
    head = random_head(model)
    found = text_perplexity(model, head, TEXT)
    # float32 in another order
    assert found.perplexity[:2] == pytest.approx(by_hand(model, head, TEXT[0]), rel=1e-5)
    assert found.perplexity.mean == pytest.approx(math.sqrt(math.prod(found.perplexity[:2])))
    assert found.perplexity.n_tokens == 8
    assert (found.n_words, found.unknown) == (5, 0.2)


def test_a_softmax_that_knows_nothing_has_the_size_of_its_vocabulary():
    model = random_model()
    head = Head(WORDS, torch.zeros(len(WORDS), 6), torch.zeros(len(WORDS)))
    found = text_perplexity(model, head, TEXT)
    # float32
    assert found.perplexity[:3] == pytest.approx([len(WORDS)] * 3, rel=1e-5)


def test_models_of_different_vocabularies_are_compared_on_the_same_targets():
    model = random_model()
    small, large = (Head(words, torch.zeros(n, 6), torch.zeros(n)) for words, n in ((WORDS, 6), ((*WORDS, "a"), 7)))
    found = [text_perplexity(model, head, TEXT, words=["the", "river"]) for head in (small, large)]
    assert [part.unknown for part in found] == [0.4, 0.4]
    assert found[0].perplexity.n_tokens == found[1].perplexity.n_tokens


def test_a_text_of_one_word_has_a_perplexity():
    model = random_model()
    assert text_perplexity(model, random_head(model), [[["the"]]]).perplexity.n_tokens == 2


def test_a_text_without_words_is_refused():
    model = random_model()
    with pytest.raises(CorpusError, match="no words"):
        text_perplexity(model, random_head(model), [])


class Sized:
    """A corpus of which only the size matters."""

    def __init__(self, n_tokens: int):
        self.n_tokens = n_tokens
        self.sentences = torch.tensor([0, n_tokens]).numpy()
        self.documents = torch.tensor([0, 1]).numpy()


@pytest.mark.parametrize(("n_tokens", "lanes", "steps"), [(3, 1, 2), (30, 1, 20), (1500, 2, 20), (10**6, 12, 20)])
def test_more_text_is_read_in_more_lanes(n_tokens: int, lanes: int, steps: int):
    windows = evaluation_windows(Sized(n_tokens), batch_size=12, unroll_steps=20)  # type: ignore[arg-type]
    assert (len(windows.lanes), windows.unroll_steps) == (lanes, steps)


def test_processes_share_the_lanes():
    corpus: Corpus = Sized(30)  # type: ignore[assignment]
    assert len(evaluation_windows(corpus, batch_size=12, unroll_steps=20, rank=1, world=2).lanes) == 1


def test_what_a_killed_process_left_is_removed_and_nothing_of_a_living_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folders = [tmp_path / f"{SCRATCH}{name}" for name in ("killed", "living", "new")]
    for folder in folders:
        (folder / "corpus").mkdir(parents=True)
        (folder / ".lock").touch()
    for folder in folders[:2]:
        os.utime(folder, (0, 0))
    (folders[1] / ".lock").write_text('{"pid": 1, "host": "elsewhere"}')
    model = random_model()
    text_perplexity(model, random_head(model), TEXT)
    assert sorted(tmp_path.iterdir()) == sorted(folders[1:])
