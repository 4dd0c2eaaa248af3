import math
from typing import Any

import pytest
import torch

from spacy_elmo.formats import Head
from spacy_elmo.pretraining.loop.settings import AdaptiveChoice, FullChoice, SampledChoice, SoftmaxChoice
from spacy_elmo.pretraining.network.softmax import AdaptiveSoftmax, FullSoftmax, SampledSoftmax, Softmax
from tests.support.runs import tiny_settings

N_WORDS, WIDTH = 60, 16
COUNTS = [1000 // (rank + 1) for rank in range(N_WORDS)]
KINDS = {FullChoice(): FullSoftmax, SampledChoice(n_samples=7): SampledSoftmax, AdaptiveChoice(): AdaptiveSoftmax}
CHOICES = [pytest.param(choice, id=choice.name) for choice in KINDS]


def make(choice: SoftmaxChoice, *, head: Head | None = None, sparse: bool = True) -> Softmax:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return choice.make(COUNTS, WIDTH, head, sparse=sparse)


def bytes_needed(choice: SoftmaxChoice, n_words: int = N_WORDS, *, rows: int = 10, slots: int = 2) -> int:
    return choice.bytes_needed(n_words, WIDTH, rows=rows, slots=slots)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        *((key, 0, "must be at least 1$") for key in ("batch_size", "unroll_steps", "keep_checkpoints")),
        ("eval_frequency", -1, "must be at least 1$"),
        ("clip_norm", 0.0, "must be above 0, or null for no clipping"),
        ("clip_norm", -1.0, "must be above 0"),
        ("threads", 0, "must be at least 1, or null for torch's own number"),
        ("seed", -1, "must be at least 0"),
    ],
)
def test_a_number_that_cannot_be_is_refused(key: str, value: float, message: str):
    with pytest.raises(ValueError, match=f"^{key} = {value}: {message}"):
        tiny_settings(**{key: value})


@pytest.mark.parametrize(
    "settings",
    [
        *({key: 1} for key in ("batch_size", "unroll_steps", "eval_frequency", "keep_checkpoints", "threads")),
        *({"clip_norm": value} for value in (None, 1e-9, math.inf)),
        *({"threads": None}, {"seed": 0}),
    ],
)
def test_the_smallest_numbers_and_none_are_taken(settings: dict[str, Any]):
    found = tiny_settings(**settings)
    assert {key: getattr(found, key) for key in settings} == settings


@pytest.mark.parametrize("choice", CHOICES)
def test_a_choice_makes_its_softmax(choice: SoftmaxChoice):
    softmax = make(choice)
    assert type(softmax) is KINDS[choice]
    assert (softmax.n_words, softmax.width) == (N_WORDS, WIDTH)


@pytest.mark.parametrize("choice", CHOICES[:2])
def test_a_head_is_gone_on_from(choice: SoftmaxChoice):
    head = Head(tuple(map(str, range(N_WORDS))), torch.ones(N_WORDS, WIDTH), torch.ones(N_WORDS))
    found = make(choice, head=head).head(head.words)
    assert found is not None
    assert torch.equal(found.weight, head.weight)
    assert torch.equal(found.bias, head.bias)


def test_an_adaptive_softmax_starts_anew_whatever_the_head():
    head = Head(("a",), torch.ones(1, WIDTH), torch.ones(1))
    ours, theirs = (make(AdaptiveChoice(), head=given).state_dict() for given in (head, None))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("sparse", [True, False])
def test_a_sampled_softmax_has_its_negatives_and_kind_of_gradients(sparse: bool):
    softmax = make(SampledChoice(n_samples=7), sparse=sparse)
    assert isinstance(softmax, SampledSoftmax)
    assert softmax.n_samples == 7
    softmax.loss(torch.ones(2, 1, WIDTH), torch.zeros(2, 1, dtype=torch.long), torch.Generator()).sum().backward()
    assert softmax.weight.grad is not None
    assert softmax.weight.grad.is_sparse == sparse


def test_an_adaptive_softmax_has_its_clusters():
    softmax = make(AdaptiveChoice(cutoffs=[5, 15], div_value=2.0))
    assert isinstance(softmax, AdaptiveSoftmax)
    assert softmax.layer.cutoffs == [5, 15, N_WORDS]
    assert softmax.layer.div_value == 2.0


@pytest.mark.parametrize("choice", CHOICES)
def test_a_choice_says_whether_frequent_words_give_all_parameters_a_gradient(choice: SoftmaxChoice):
    softmax = make(choice)
    targets = torch.zeros(2, 3, dtype=torch.long)
    softmax.loss(torch.ones(2, 3, WIDTH), targets, torch.Generator()).sum().backward()
    has_gradient = [parameter.grad is not None for parameter in softmax.parameters()]
    assert all(has_gradient) == choice.uses_all_parameters


@pytest.mark.parametrize("choice", CHOICES)
def test_the_optimizer_takes_a_float32_for_each_slot_of_each_parameter(choice: SoftmaxChoice):
    n_parameters = sum(parameter.numel() for parameter in make(choice).parameters())
    assert bytes_needed(choice, slots=2) - bytes_needed(choice, slots=1) == 4 * n_parameters


def test_fewer_samples_need_less_memory_up_to_all_words():
    few, many, more = (bytes_needed(SampledChoice(n), 1000) for n in (10, 1000, 10**9))
    assert few < many == more == bytes_needed(FullChoice(), 1000)
