"""What holds for every classifier on a tok2vec."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam, chain, fix_random_seed

from project.paper.layers.classifier import attend, pool_max, pool_mean
from project.paper.layers.wrap import mask_words
from tests.support.pipelines import find_listeners, train
from tests.support.reviews import make_classifier, unlabeled

HEADS = ["BCN", "ESIM"]
CLOSE = {"rtol": 0, "atol": 5e-6}  # float32 sums over other paddings


@pytest.fixture(scope="module", params=HEADS)
def trained(request: pytest.FixtureRequest, tiny_model: Path) -> tuple[Language, list[Example]]:
    """A classifier that has learned its examples."""
    nlp, examples = make_classifier(request.param, tiny_model)
    nlp.initialize(lambda: examples)
    train(nlp, examples, steps=60, sgd=Adam(0.01, L2=0.0))
    return nlp, examples


def predict(nlp: Language, docs: list[Doc], **settings) -> np.ndarray:
    return np.array([list(doc.cats.values()) for doc in nlp.pipe(docs, **settings)])


@pytest.mark.parametrize("head", HEADS)
def test_it_learns_without_elmo(head: str):
    nlp, examples = make_classifier(head, None)
    nlp.initialize(lambda: examples)
    first, last = train(nlp, examples, steps=40, sgd=Adam(0.01, L2=0.0))
    assert last["textcat"] < first["textcat"] / 4


def test_it_learns_with_elmo(trained: tuple[Language, list[Example]]):
    nlp, examples = trained
    copies = [Example(unlabeled(example), example.reference) for example in examples]
    assert nlp.evaluate(copies)["cats_micro_f"] == 1


def test_embeddings_encoder_and_mixes_get_gradients(trained: tuple[Language, list[Example]]):
    nlp, examples = trained
    model = nlp.get_pipe("textcat").model
    encoder = next(node for node in model.walk() if node.name == "encoder")
    embedding = next(node for node in model.walk() if node.name == "hashembed")
    scores, backprop = model.begin_update([nlp(unlabeled(example)) for example in examples])
    backprop(scores - 1)
    assert np.abs(embedding.get_grad("E")).sum()
    assert encoder.layers[0].shims[0]._model.lstm.weight_ih_l0.grad.abs().sum()
    mixes = [node.layers[0].get_grad("w") for node in find_listeners(nlp, "textcat")]
    assert len(mixes) == 2
    assert all(np.abs(gradient).sum() for gradient in mixes)


def test_the_gradient_of_words_is_that_of_the_cross_entropy(trained: tuple[Language, list[Example]]):
    project, module, output = trained[0].get_pipe("textcat").model.layers[1:]
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, project.layers[0].get_dim("nI"))).astype("float32") for n in (3, 2, 1, 4)]
    scores, backprop = chain(project, module, output).begin_update(X)
    gradients = backprop(scores - np.eye(2, dtype="float32")[[0] * len(scores)])
    given = torch.tensor(np.concatenate(X), requires_grad=True)
    first, last = ([torch.tensor(layer.get_param(name)) for name in "Wb"] for layer in (project.layers[0], output))
    rows = torch.nn.functional.linear(given, *first)
    logits = torch.nn.functional.linear(module.shims[0]._model(rows, torch.tensor([len(x) for x in X])), *last)
    torch.nn.functional.cross_entropy(logits, torch.zeros(len(logits), dtype=int), reduction="sum").backward()
    expected = given.grad.numpy()
    assert np.allclose(np.concatenate(gradients), expected, rtol=1e-4, atol=1e-5)  # float32 through attention and LSTM


def test_predictions_do_not_depend_on_the_batch(trained: tuple[Language, list[Example]]):
    nlp, examples = trained
    docs = [unlabeled(example) for example in examples[:4]]
    longer = Doc(nlp.vocab, words=[token.text for token in docs[0]] * 3)
    longer.spans["hypothesis"] = [longer[5:]]
    together = predict(nlp, [*(doc.copy() for doc in docs), longer])
    alone = predict(nlp, [*docs, longer.copy()], batch_size=1)
    assert np.allclose(together, alone, **CLOSE)


def test_docs_of_nothing_of_one_word_and_of_white_space(trained: tuple[Language, list[Example]]):
    nlp, examples = trained
    words: list[list[str]] = [[], ["good"], [" ", "\n"], [token.text for token in examples[0].reference]]
    docs = [Doc(nlp.vocab, words=each) for each in words]
    for doc in docs:
        doc.spans["hypothesis"] = [doc[len(doc) // 2 :]] if len(doc) else []
    scores = predict(nlp, docs)
    assert scores.shape == (4, 2)
    assert np.allclose(scores.sum(1), 1)


def test_it_comes_back_from_disk_and_bytes(trained: tuple[Language, list[Example]], tmp_path: Path):
    nlp, examples = trained
    expected = predict(nlp, [unlabeled(example) for example in examples])
    nlp.to_disk(tmp_path)
    from_bytes = spacy.blank("en").from_config(nlp.config).from_bytes(nlp.to_bytes())
    for again in (spacy.load(tmp_path), from_bytes):
        assert np.allclose(predict(again, [unlabeled(example) for example in examples]), expected, **CLOSE)


def test_parameters_are_kept_without_pickles(trained: tuple[Language, list[Example]]):
    nlp, _ = trained
    data = nlp.get_pipe("textcat").model.layers[-2].shims[0].to_bytes()
    assert b"torch" not in data
    assert b'"dtype":"F32"' in data


@pytest.mark.parametrize("head", HEADS)
def test_a_seed_gives_the_same_predictions(head: str):
    found = []
    for _ in range(2):
        nlp, examples = make_classifier(head, None)
        fix_random_seed(3)
        nlp.initialize(lambda examples=examples: examples)
        train(nlp, examples, steps=1)
        found.append(predict(nlp, [unlabeled(example) for example in examples]))
    assert np.array_equal(*found)


def test_attention_looks_at_no_padding():
    keys = torch.tensor([[[1.0, 0.0], [100.0, 100.0]]])
    mask = mask_words(torch.tensor([1]), 2)
    assert torch.equal(attend(torch.ones(1, 3, 2), keys, mask), keys[:, :1].expand(1, 3, 2))


def test_pools_count_no_padding():
    x = torch.tensor([[[1.0, -3.0], [3.0, -1.0], [9.0, 9.0]]])
    mask = mask_words(torch.tensor([2]), 3)
    assert pool_max(x, mask).tolist() == [[3, -1]]
    assert pool_mean(x, mask).tolist() == [[2, -2]]
