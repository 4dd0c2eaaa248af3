import math
from dataclasses import replace
from functools import partial

import pytest
import torch

from spacy_elmo.bilm import BiLM, CharacterInput, WordInput
from spacy_elmo.pretraining.corpus.windows import Window
from spacy_elmo.pretraining.network.objective import Objective
from spacy_elmo.pretraining.network.softmax import AdaptiveSoftmax, FullSoftmax, SampledSoftmax
from spacy_elmo.pretraining.optimizers.optimizer import Optimizer
from spacy_elmo.pretraining.optimizers.schedules import constant
from tests.support.random_models import CONFIG

SENTENCES = [
    "the bank raised its rates".split(),
    "we sat on the bank of the river".split(),
    "the river rose".split(),
    "its rates fell again and we left the bank".split(),
]
COUNTED = ("<S>", "</S>", "<UNK>", *sorted({word for sentence in SENTENCES for word in sentence}))
KINDS = {
    "full": FullSoftmax,
    "sampled": partial(SampledSoftmax, n_samples=8),
    "adaptive": partial(AdaptiveSoftmax, div_value=2.0),
}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
CHARACTERS = CharacterInput(embedding_size=8, filters=((1, 16), (3, 32)), n_highway=1)
LEARNS = replace(CONFIG, input=CHARACTERS, hidden_size=48, projection_size=24)


def make_window():
    """Return every sentence, over and over, one a lane, until the longest ends."""
    steps = max(map(len, SENTENCES)) + 1
    ids = {word: i for i, word in enumerate(COUNTED)}
    streams = []
    for turn in (1, -1):
        marked = [[ids[word] for word in ["<S>", *sentence, "</S>"]][::turn] for sentence in SENTENCES]
        streams.append(torch.tensor([(row * (steps + 1))[: steps + 1] for row in marked]).T)
    both = torch.stack(streams)
    return Window(list(COUNTED), both[:, :-1], both[:, 1:])


def make(kind=FullSoftmax, *, config=CONFIG, words=(), **settings):
    torch.manual_seed(0)
    return Objective(BiLM(config, words=words), kind([5] * len(COUNTED), config.projection_size), **settings)


def start(objective):
    return objective.model.zero_state(len(SENTENCES))


@kinds
def test_four_sentences_are_learnt_by_heart(kind):
    objective, window = make(kind, config=LEARNS, dropout=0.0), make_window()
    adam = partial(torch.optim.Adam, betas=(0.9, 0.99))
    optimizer = Optimizer(objective, make=adam, learn_rate=constant(0.01), clip_norm=1.0)
    for _ in range(120):
        losses, _ = objective(window, start(objective))
        losses.mean().backward()
        optimizer.step()
    losses, _ = objective.evaluate(window, start(objective))
    assert math.exp(losses.mean()) < 1.5


def test_losses_and_state_are_those_of_the_plain_model():
    """A sentence a lane: the vectors of `BiLM.forward`, and a softmax after the word before or after."""
    objective = make(dropout=0.0)
    sentence, ids = SENTENCES[0], [COUNTED.index(word) for word in ("<S>", *SENTENCES[0], "</S>")]
    both = torch.tensor([ids, ids[::-1]])[:, :, None]
    losses, _ = objective(Window(list(COUNTED), both[:, :-1], both[:, 1:]), objective.model.zero_state(1))
    outputs, _ = objective.model([sentence])
    forward, backward = outputs[0][-1].chunk(2, dim=1)
    after, before = torch.tensor(ids[2:]), torch.tensor(ids[:-2])
    # The plain model hands out no vectors of the markers, from which the first word of a direction is predicted.
    first, _ = objective(Window(list(COUNTED), both[:, :1], both[:, 1:2]), objective.model.zero_state(1))
    for i, (h, targets) in enumerate(((forward, after), (backward, before))):
        expected = first.sums[i] - objective.softmax.log_likelihoods(h, targets).sum()
        torch.testing.assert_close(losses.sums[i], expected)
    assert losses.n_tokens == len(ids) - 1


@kinds
def test_evaluation_is_exact_and_has_no_gradient(kind):
    objective, window = make(kind, config=LEARNS, dropout=0.5), make_window()
    first, state = objective.evaluate(window, start(objective))
    second, _ = objective.evaluate(window, start(objective))
    assert torch.equal(first.sums, second.sums)
    assert not first.sums.requires_grad
    full = make(kind if kind is not KINDS["sampled"] else FullSoftmax, config=LEARNS, dropout=0.0)
    full.load_state_dict(objective.state_dict())
    losses, expected = full(window, start(full))
    torch.testing.assert_close(first.sums, losses.sums)
    torch.testing.assert_close(state.h, expected.h)
    assert losses.mean() == losses.sums.sum() / (2 * window.targets[0].numel())


def test_every_parameter_has_a_gradient():
    objective = make(partial(SampledSoftmax, n_samples=3))
    objective(make_window(), start(objective))[0].mean().backward()
    assert [name for name, p in objective.named_parameters() if p.grad is None] == []


def test_a_frozen_model_has_no_gradient_and_no_dropout():
    losses = {}
    for frozen, dropout in ((True, 0.5), (False, 0.0)):
        objective = make(frozen=frozen, dropout=dropout)
        losses[frozen] = objective(make_window(), start(objective))[0].mean()
        losses[frozen].backward()
        trained = {name.split(".")[0] for name, p in objective.named_parameters() if p.grad is not None}
        assert trained == ({"softmax"} if frozen else {"model", "softmax"})
    assert losses[True] == losses[False]


def test_a_window_of_carried_state_is_part_of_a_longer_one():
    objective, window = make(dropout=0.0), make_window()
    whole, expected = objective(window, start(objective))
    first, state = objective(Window(window.words, window.inputs[:, :3], window.targets[:, :3]), start(objective))
    second, after = objective(Window(window.words, window.inputs[:, 3:], window.targets[:, 3:]), state)
    torch.testing.assert_close(first.sums + second.sums, whole.sums)
    torch.testing.assert_close(after, expected)


def test_dropout_and_negatives_come_from_the_generator():
    objective, window = make(partial(SampledSoftmax, n_samples=3), dropout=0.5, seed=3), make_window()
    before = objective.generator.get_state()
    first, other = (objective(window, start(objective))[0].sums for _ in range(2))
    objective.generator.set_state(before)
    assert torch.equal(objective(window, start(objective))[0].sums, first)
    assert not torch.equal(first, other)


@kinds
@pytest.mark.parametrize("threads", [1, 2])
def test_training_repeats_bit_for_bit(kind, threads):
    def train():
        objective, window = make(kind, config=LEARNS, dropout=0.2), make_window()
        optimizer = Optimizer(objective, make=torch.optim.Adam, learn_rate=constant(0.01), clip_norm=1.0)
        state = start(objective)
        for _ in range(3):
            losses, state = objective(window, state)
            losses.mean().backward()
            optimizer.step()
        return [*objective.state_dict().values(), *state]

    before = torch.get_num_threads()
    torch.set_num_threads(threads)  # with two, each direction has a thread
    try:
        first, second = train(), train()
    finally:
        torch.set_num_threads(before)
    assert all(map(torch.equal, first, second))


def test_dropout_keeps_the_mean():
    objective = make(dropout=0.3)
    masks = objective._masks(torch.zeros(2, 50, 50, 6))
    assert len(masks) == objective.model.config.n_layers + 1
    for mask in masks:
        assert sorted(mask.unique().tolist()) == pytest.approx([0, 1 / 0.7], rel=2**-16)  # shares have 16 bits
        assert mask.mean() == pytest.approx(1, abs=0.02)  # four standard errors


def test_a_table_of_words_trains_too():
    config = replace(LEARNS, input=WordInput(len(COUNTED)))
    objective, window = make(config=config, words=COUNTED), make_window()
    objective(window, start(objective))[0].mean().backward()
    used = torch.tensor(sorted(set(window.inputs.flatten().tolist())))
    assert (objective.model.word_encoder.embedding.weight.grad[used].abs().sum(dim=1) > 0).all()


@pytest.mark.parametrize("dropout", [1e-9, 0.5, 1 - 1e-9])
def test_any_share_can_be_dropped(dropout):
    masks = torch.stack(make(dropout=dropout)._masks(torch.zeros(2, 9, 11, 7)))
    assert masks.isfinite().all()
    assert masks.count_nonzero().item() == pytest.approx((1 - dropout) * masks.numel(), abs=0.05 * masks.numel())


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_a_dropout_that_is_no_share_is_refused(dropout):
    with pytest.raises(ValueError, match=f"dropout = {dropout}"):
        make(dropout=dropout)


def test_a_softmax_of_another_width_is_refused():
    with pytest.raises(ValueError, match="vectors of width 7, the model's are 6"):
        Objective(BiLM(CONFIG), FullSoftmax([1, 1], 7))
