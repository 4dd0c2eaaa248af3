"""A biLM that trains with its listeners: step by step against torch, in both kinds of training loop."""

from copy import deepcopy

import numpy as np
import pytest
import spacy
import torch
from thinc.api import SGD, Adam

from tests.support.pipelines import find_listeners, listener, make_examples, make_pipeline, targets, train, unannotated

LEARN_RATE = 0.01
PROBES = ("one", "two", "three")


def make_probing(tiny_model, *probes, mix="learned", **elmo):
    """Pipes with a squared loss, whose gradients are simple to write down."""
    nlp = make_pipeline(tiny_model, **{"frozen": False, **elmo})
    for name in probes:
        tok2vec = listener(layer_norm=False, L2=0.01, mix=mix)
        nlp.add_pipe("elmo_probe", name=name, config={"model": {"tok2vec": tok2vec}})
    examples = make_examples(nlp, 6)
    nlp.initialize(lambda: examples)
    return nlp, examples


def plain_sgd():
    return SGD(LEARN_RATE, L2=0.0, grad_clip=0.0, use_averages=False)


class Reference:
    """The same pipeline in torch: one loss over the whole batch, one backward pass."""

    def __init__(self, nlp, probes):
        self.bilm = deepcopy(nlp.get_pipe("elmo").shim.model).requires_grad_(True)
        self.heads = {name: self.head(nlp, name) for name in probes}

    @staticmethod
    def head(nlp, name):
        mix, linear = find_listeners(nlp, name)[0].layers[0], nlp.get_pipe(name).model.layers[1].layers[0]
        found = {"w": mix, "gamma": mix, "W": linear, "b": linear}
        return {key: torch.tensor(node.get_param(key), requires_grad=True) for key, node in found.items()}

    def step(self, docs, probes, learn_rate=LEARN_RATE):
        sentences = [[token.text for token in doc[start : start + 4]] for doc in docs for start in (0, 4)]
        layers, _ = self.bilm(sentences, self.bilm.initial_state("warm", len(sentences)))
        layers = torch.cat(list(layers), dim=1)
        wanted = torch.tensor(np.concatenate([targets(doc) for doc in docs]))
        loss = sum(self.loss(self.heads[name], layers, wanted) for name in probes)
        loss.backward()
        parameters = [*self.bilm.parameters(), *(p for name in probes for p in self.heads[name].values())]
        with torch.no_grad():
            for parameter in parameters:
                if parameter.grad is not None:
                    is_bilm = not any(parameter is p for head in self.heads.values() for p in head.values())
                    parameter -= (learn_rate if is_bilm else LEARN_RATE) * parameter.grad
                    parameter.grad = None

    @staticmethod
    def loss(head, layers, wanted):
        mixed = head["gamma"] * torch.einsum("j,jnd->nd", torch.softmax(head["w"], 0), layers)
        error = mixed @ head["W"].T + head["b"] - wanted
        return 0.5 * (error**2).sum() + len(wanted) * 0.01 * (head["w"] ** 2).sum()

    def check(self, nlp):
        model = dict(nlp.get_pipe("elmo").shim.model.named_parameters())
        for name, parameter in self.bilm.named_parameters():
            assert torch.allclose(model[name], parameter, atol=1e-5), name  # order of float32 sums
        for name, head in self.heads.items():
            for key, values in self.head(nlp, name).items():
                assert torch.allclose(values, head[key], atol=1e-5), f"{name}.{key}"


def update_loop(nlp, examples, optimizer, **settings):
    """What a script does."""
    nlp.update(examples, sgd=optimizer, **settings)


def train_loop(nlp, examples, optimizer, exclude=(), **settings):
    """What `spacy train` does, with accumulate_gradient = 2."""
    for part in (examples[:4], examples[4:]):
        nlp.update(part, sgd=False, exclude=exclude, **settings)
    for name, pipe in nlp.pipeline:
        if name not in exclude and getattr(pipe, "is_trainable", False):
            pipe.finish_update(optimizer)


LOOPS = pytest.mark.parametrize("loop", [update_loop, train_loop])


@LOOPS
@pytest.mark.parametrize("trained", [PROBES, PROBES[:2], PROBES[1:], PROBES[1:2], ()])
def test_every_step_equals_one_backward_pass_over_the_batch(tiny_model, loop, trained):
    """Whichever listeners are excluded, the last, the first, or all of them."""
    nlp, examples = make_probing(tiny_model, *PROBES)
    reference, optimizer = Reference(nlp, PROBES), plain_sgd()
    for _ in range(4):
        loop(nlp, examples, optimizer, exclude=[name for name in PROBES if name not in trained])
        if trained:
            reference.step([eg.predicted for eg in examples], trained)
        reference.check(nlp)


@LOOPS
def test_steps_follow_each_other_without_a_look_in_between(tiny_model, loop):
    nlp, examples = make_probing(tiny_model, *PROBES)
    reference, optimizer = Reference(nlp, PROBES), plain_sgd()
    for i in range(5):
        batch = examples[i % 2 :]
        loop(nlp, batch, optimizer)
        reference.step([eg.predicted for eg in batch], PROBES)
    reference.check(nlp)


@LOOPS
def test_listeners_that_come_and_go(tiny_model, loop):
    nlp, examples = make_probing(tiny_model, *PROBES)
    reference, optimizer = Reference(nlp, PROBES), plain_sgd()
    for trained in (PROBES[:1], PROBES[2:], (), PROBES, PROBES[1:2]):
        loop(nlp, examples, optimizer, exclude=[name for name in PROBES if name not in trained])
        if trained:
            reference.step([eg.predicted for eg in examples], trained)
    reference.check(nlp)


@LOOPS
def test_pipes_that_annotate_in_training(tiny_model, loop):
    nlp, examples = make_probing(tiny_model, *PROBES)
    reference, optimizer = Reference(nlp, PROBES), plain_sgd()
    for _ in range(3):
        loop(nlp, examples, optimizer, annotates=["elmo", "one"])
        reference.step([eg.predicted for eg in examples], PROBES)
        reference.check(nlp)


@LOOPS
def test_an_evaluation_between_steps_changes_nothing(tiny_model, loop):
    nlp, examples = make_probing(tiny_model, *PROBES)
    reference, optimizer = Reference(nlp, PROBES), plain_sgd()
    for _ in range(3):
        loop(nlp, examples, optimizer)
        list(nlp.pipe(unannotated(examples)))
        reference.step([eg.predicted for eg in examples], PROBES)
    reference.check(nlp)


@LOOPS
@pytest.mark.parametrize("factor", [0.5, 0.0])
def test_the_learning_rate_of_the_bilm_has_a_factor(tiny_model, loop, factor):
    nlp, examples = make_probing(tiny_model, "one", learn_rate_factor=factor)
    reference, optimizer = Reference(nlp, ["one"]), plain_sgd()
    for _ in range(3):
        loop(nlp, examples, optimizer)
        reference.step([eg.predicted for eg in examples], ["one"], LEARN_RATE * factor)
    reference.check(nlp)


@LOOPS
def test_a_frozen_mix_still_sends_gradients(tiny_model, loop):
    nlp, examples = make_probing(tiny_model, "one", mix="top")
    before = bits(nlp)
    loop(nlp, examples, plain_sgd())
    assert bits(nlp) != before


@LOOPS
@pytest.mark.parametrize("how", ["frozen", "excluded"])
def test_frozen_weights_keep_every_bit(tiny_model, loop, how):
    nlp, examples = make_probing(tiny_model, *PROBES, frozen=how == "frozen")
    before, optimizer = bits(nlp), Adam(0.01)
    settings = {} if how == "frozen" else {"exclude": ["elmo"], "annotates": ["elmo"]}
    for _ in range(5):
        loop(nlp, examples, optimizer, **settings)
    assert bits(nlp) == before


def bits(nlp):
    pipe = nlp.get_pipe("elmo")
    return {name: values.numpy().tobytes() for name, values in pipe.shim.model.state_dict().items()}


@pytest.mark.parametrize("frozen", [True, False])
def test_frozen_listeners_learn_as_by_themselves(tiny_model, frozen):
    """The heads of a frozen biLM equal those of the reference without its gradient."""
    nlp, examples = make_probing(tiny_model, "one", "two", frozen=frozen, learn_rate_factor=0.0)
    reference, optimizer = Reference(nlp, ["one", "two"]), plain_sgd()
    for _ in range(3):
        nlp.update(examples, sgd=optimizer)
        reference.step([eg.predicted for eg in examples], ["one", "two"], learn_rate=0.0)
    reference.check(nlp)


# What it is good for


def test_a_trained_bilm_learns_what_frozen_vectors_do_not_show(tiny_model):
    """Two arbitrary numbers a word, of more words than vectors have dimensions: no linear layer is enough."""
    losses = {}
    for frozen in (True, False):
        nlp, examples = make_probing(tiny_model, "one", frozen=frozen)
        _, last = train(nlp, examples, steps=60, sgd=Adam(0.02, L2=0.0))
        losses[frozen] = last["one"]
    assert losses[False] < 0.7 * losses[True]


def test_the_loss_of_a_trained_bilm_is_reported_and_that_of_a_frozen_one_is_not(tiny_model):
    for frozen in (True, False):
        nlp, examples = make_probing(tiny_model, "one", frozen=frozen)
        losses = nlp.update(examples, sgd=plain_sgd())
        assert set(losses) == ({"one"} if frozen else {"one", "elmo"})
        assert frozen or losses["elmo"] > 0


@pytest.mark.parametrize("loop", [update_loop, train_loop])
def test_training_survives_saving_and_loading(tiny_model, tmp_path, loop):
    """Saved in the middle and resumed, as without a break."""
    straight, examples = make_probing(tiny_model, *PROBES)
    broken, _ = make_probing(tiny_model, *PROBES)
    for _ in range(2):
        loop(straight, examples, plain_sgd())
        loop(broken, examples, plain_sgd())
    broken.to_disk(tmp_path)
    broken = spacy.load(tmp_path)
    for _ in range(2):
        loop(straight, examples, plain_sgd())
        loop(broken, examples, plain_sgd())
    reference = Reference(straight, PROBES)
    reference.bilm.load_state_dict(straight.get_pipe("elmo").shim.model.state_dict())
    reference.check(broken)


def test_bytes_have_the_last_step(tiny_model):
    nlp, examples = make_probing(tiny_model, "one")
    before = nlp.get_pipe("elmo").to_bytes()
    nlp.update(examples, sgd=plain_sgd())
    assert nlp.get_pipe("elmo").to_bytes() != before


def test_predictions_follow_the_last_step(tiny_model, tmp_path):
    nlp, examples = make_probing(tiny_model, "one")
    text = "Anna saw cats."
    before = nlp(text)._.elmo_layers
    nlp.update(examples, sgd=SGD(0.1, L2=0.0))
    after = nlp(text)._.elmo_layers
    assert not np.allclose(before, after, atol=1e-4)
    nlp.to_disk(tmp_path)
    assert np.allclose(spacy.load(tmp_path)(text)._.elmo_layers, after, atol=1e-6)  # mapped weights


def test_averages_of_the_optimizer_reach_the_bilm(tiny_model):
    nlp, examples = make_probing(tiny_model, "one")
    optimizer = Adam(0.05, L2=0.0, use_averages=True)
    for _ in range(5):
        nlp.update(examples, sgd=optimizer)
    text = "Anna saw cats."
    learned = nlp(text)._.elmo_layers
    with nlp.use_params(optimizer.averages):
        averaged = nlp(text)._.elmo_layers
    assert not np.allclose(averaged, learned, atol=1e-4)
    assert np.array_equal(nlp(text)._.elmo_layers, learned)


def test_averages_are_saved_by_whoever_saves_inside(tiny_model, tmp_path):
    nlp, examples = make_probing(tiny_model, "one")
    optimizer = Adam(0.05, L2=0.0, use_averages=True)
    for _ in range(5):
        nlp.update(examples, sgd=optimizer)
    with nlp.use_params(optimizer.averages):
        averaged = nlp("Anna")._.elmo_layers
        nlp.to_disk(tmp_path)
    assert np.allclose(spacy.load(tmp_path)("Anna")._.elmo_layers, averaged, atol=1e-6)  # mapped weights


def test_a_batch_without_words(tiny_model):
    nlp, examples = make_probing(tiny_model, "one")
    empty = [spacy.training.Example(nlp.make_doc(""), nlp.make_doc(""))]
    for batch in (empty, examples, [*empty, *examples]):
        nlp.update(batch, sgd=plain_sgd())
    assert np.isfinite(nlp("Anna")._.elmo_layers).all()
