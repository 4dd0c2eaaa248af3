"""Steps that are asked for before their gradients have come."""

import pickle

import numpy as np
import pytest
import spacy
import torch
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import SGD

from spacy_elmo.formats import model_directory
from spacy_elmo.layers.bilm import build_bilm
from spacy_elmo.layers.shim import BiLMShim
from spacy_elmo.pipeline.pending_step import PendingStep
from spacy_elmo.pipeline.storage import Storage
from spacy_elmo.text.sentences import configure_sentences
from spacy_elmo.tokens.data import ElmoData, set_data, token_offsets
from tests.support.docs import make_doc

TEXTS = ["One two.", "three"]
READERS = {
    "model": lambda shim: shim.model,
    "encoder": lambda shim: shim.encoder,
    "to_bytes": lambda shim: shim.to_bytes(),
    "use_params": lambda shim: shim.use_params({}).__enter__(),
}
nlp = spacy.blank("en")


class Pipe:
    name = "elmo"

    def name_in(self, doc):
        return self.name


PIPE = Pipe()


@pytest.fixture
def model(tiny_model):
    model = build_bilm(configure_sentences())
    model.shims[0].load(model_directory.read(tiny_model))
    model.shims[0].train(1.0)
    return model


@pytest.fixture
def step(model):
    return PendingStep(model.shims[0], PIPE)


@pytest.fixture
def parameters(model):
    """The parameters themselves, which a step changes in place: a look at them asks the shim for nothing."""
    return list(model.shims[0].model.parameters())


def values(parameters):
    return torch.cat([parameter.detach().flatten() for parameter in parameters])


def begin(model, step, error=None):
    """Start a batch of TEXTS as the pipe does, and return its Docs and losses; backprop ends with an error if given."""
    docs, losses = [nlp(text) for text in TEXTS], {}
    layers, backprop = model.begin_update(docs)
    data = [Storage().make_data(doc, rows, 3, for_listeners=True) for doc, rows in zip(docs, layers)]
    for doc, doc_data in zip(docs, data):
        set_data(doc, doc_data, PIPE.name)

    def backprop_to_the_end(d_layers):
        backprop(d_layers)
        if error is not None:
            raise error

    step.begin(data, backprop_to_the_end, losses)
    return docs, losses


def send(step, docs):
    for doc in docs:
        step.add_gradient(doc, np.ones((3, len(doc), 8), dtype="float32"))


def optimizer():
    return SGD(0.1, L2=0.0)


def make_batch(n, step):
    """Start a batch of Docs with made-up vectors. What its backprop is called with joins the list that is returned."""
    docs, calls = [make_doc(["a"] * length) for length in range(1, n + 1)], []
    data = []
    for doc in docs:
        features = np.ones((3, len(doc), 4), dtype="float32")
        fields = {"layers": features, "mixed": None, "weights": np.ones(3, dtype="float32")}
        data.append(ElmoData(**fields, offsets=token_offsets(doc)))
        set_data(doc, data[-1], PIPE.name)
    losses: dict[str, float] = {}
    step.begin(data, calls.append, losses)
    return docs, calls, losses


# Gradients


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-9, 9)), min_size=1, max_size=8))
def test_gradients_of_all_listeners_add_up_and_docs_without_one_have_zeros(sent):
    step = PendingStep(BiLMShim(), PIPE)
    docs, calls, losses = make_batch(3, step)
    for i, value in sent:
        step.add_gradient(docs[i], np.full((3, len(docs[i]), 4), value, dtype="float32"))
    step.take()
    (d_layers,) = calls
    for i, (doc, d_doc) in enumerate(zip(docs, d_layers)):
        expected = sum(value for j, value in sent if j == i)
        assert np.array_equal(d_doc, np.full((3, len(doc), 4), expected))  # small whole numbers: exact
    assert losses["elmo"] == sum(3 * len(docs[i]) * 4 * value**2 for i, value in sent)


def test_a_doc_is_of_the_batch_until_its_gradients_are_used():
    step = PendingStep(BiLMShim(), PIPE)
    docs, _, _ = make_batch(2, step)
    assert docs[0] in step
    step.add_gradient(docs[0], np.ones((3, 1, 4), dtype="float32"))
    step.take()
    assert docs[0] not in step


def test_a_copy_of_a_doc_stands_for_it():
    step = PendingStep(BiLMShim(), PIPE)
    docs, calls, _ = make_batch(2, step)
    step.add_gradient(docs[1].copy(), np.ones((3, 2, 4), dtype="float32"))
    step.take()
    assert calls[0][1].all()


def test_a_doc_of_another_batch_is_passed_over():
    step = PendingStep(BiLMShim(), PIPE)
    (old, *_), _, _ = make_batch(2, step)
    _, calls, losses = make_batch(2, step)
    step.add_gradient(old, np.ones((3, 1, 4), dtype="float32"))
    step.take()
    assert old not in step
    assert calls == []
    assert losses == {"elmo": 0.0}


def test_a_doc_without_data_is_passed_over():
    step = PendingStep(BiLMShim(), PIPE)
    _, calls, _ = make_batch(1, step)
    step.add_gradient(make_doc(["a"], name="other"), np.ones((3, 1, 4), dtype="float32"))
    step.take()
    assert calls == []


def test_losses_of_other_pipes_and_of_batches_before_are_kept():
    step, losses = PendingStep(BiLMShim(), PIPE), {"elmo": 2.0, "tagger": 1.0}
    step.begin([], lambda d_layers: None, losses)
    assert losses == {"elmo": 2.0, "tagger": 1.0}


# When the step is taken


@pytest.mark.parametrize("reader", READERS)
def test_a_step_asked_for_too_early_is_taken_when_parameters_are_read(model, step, parameters, reader):
    docs, _ = begin(model, step)
    before = values(parameters)
    step.ask(optimizer())
    send(step, docs)
    assert torch.equal(values(parameters), before)
    READERS[reader](model.shims[0])
    assert not torch.equal(values(parameters), before)


def test_a_step_asked_for_after_the_gradients_is_taken_at_once(model, step, parameters):
    docs, _ = begin(model, step)
    before = values(parameters)
    send(step, docs)
    step.ask(optimizer())
    assert not torch.equal(values(parameters), before)


def test_both_orders_take_the_same_step(model, step, parameters):
    before, after = [parameter.detach().clone() for parameter in parameters], []
    for early in (True, False):
        with torch.no_grad():
            for parameter, start in zip(parameters, before):
                parameter.copy_(start)
        docs, _ = begin(model, step)
        acts = [lambda: step.ask(optimizer()), lambda docs=docs: send(step, docs)]
        for act in acts if early else reversed(acts):
            act()
        step.take()
        after.append(values(parameters))
    assert torch.equal(*after)  # the same sums in the same order: the same bits


def test_a_step_is_taken_once(model, step, parameters):
    docs, _ = begin(model, step)
    send(step, docs)
    step.ask(optimizer())
    after = values(parameters)
    for read in READERS.values():
        read(model.shims[0])
    assert torch.equal(values(parameters), after)
    assert not model.shims[0].has_gradients


def test_without_gradients_there_is_no_step(model, step, parameters):
    begin(model, step)
    before = values(parameters)
    step.ask(optimizer())
    step.take()
    assert torch.equal(values(parameters), before)


def test_a_step_that_no_gradients_came_for_is_not_taken_for_the_next_batch(model, step, parameters):
    begin(model, step)
    step.ask(optimizer())
    docs, _ = begin(model, step)
    before = values(parameters)
    send(step, docs)
    step.take()
    assert torch.equal(values(parameters), before)
    assert model.shims[0].has_gradients


def test_gradients_of_batches_add_up_until_a_step_is_asked_for(model, step, parameters):
    gradients = []
    for _ in range(2):
        docs, _ = begin(model, step)
        send(step, docs)
        step.take()
        gradients.append(torch.cat([parameter.grad.flatten() for parameter in parameters]))
    assert torch.allclose(gradients[1], 2 * gradients[0], rtol=1e-4, atol=1e-5)  # sums of float32 round
    step.ask(optimizer())
    step.take()
    assert not model.shims[0].has_gradients


def test_an_error_in_backprop_leaves_no_step_to_take(model, step, parameters):
    """Part of the gradients may be there by then: a step on these alone would be wrong."""
    docs, _ = begin(model, step, error=RuntimeError("out of memory"))
    step.ask(optimizer())
    send(step, docs)
    before = values(parameters)
    with pytest.raises(RuntimeError, match="out of memory"):
        step.take()
    assert docs[0] not in step
    step.take()
    assert torch.equal(values(parameters), before)


def test_a_step_that_was_pickled_is_bound_to_its_shim_again(model, step):
    begin(model, step)
    again, same_step = pickle.loads(pickle.dumps((model.shims[0], step)))
    copy = build_bilm(configure_sentences())
    copy.shims[0] = again
    parameters = list(again.model.parameters())
    docs, _ = begin(copy, same_step)
    before = values(parameters)
    same_step.ask(optimizer())
    send(same_step, docs)
    READERS["model"](again)
    assert not torch.equal(values(parameters), before)
