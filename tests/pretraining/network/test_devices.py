"""Tensors are made where the model is: "meta" has shapes without numbers, and refuses most of what mixes devices."""

from functools import partial

import pytest
import torch

from spacy_elmo.bilm import BiLM, WordInput
from spacy_elmo.pretraining.corpus.windows import Window
from spacy_elmo.pretraining.network.objective import Objective
from spacy_elmo.pretraining.network.softmax import FullSoftmax, SampledSoftmax
from tests.pretraining.network.test_objective import CONFIG, COUNTED, kinds, make, make_window, replace, start
from tests.support.devices import CPU, devices

META = torch.device("meta")
TABLE = replace(CONFIG, input=WordInput(len(COUNTED)))


def losses_and_gradients(objective: Objective, window: Window) -> list[torch.Tensor]:
    losses, state = objective(window, start(objective))
    losses.mean().backward()
    gradients = [p.grad for p in objective.parameters() if p.grad is not None]
    return [losses.sums.detach(), *state, *gradients]


@pytest.mark.parametrize("kind", [FullSoftmax, partial(SampledSoftmax, n_samples=8)], ids=["full", "sampled"])
@pytest.mark.parametrize(("config", "words"), [(CONFIG, ()), (TABLE, COUNTED)], ids=["characters", "table"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_nothing_is_made_elsewhere(kind, config, words, precision, monkeypatch: pytest.MonkeyPatch):
    objective = make(kind, config=config, words=words, dropout=0.3, precision=precision).to(META)
    objective.dropout_generator = None  # there is none of this device
    unique = torch.unique
    # How many words are distinct, nobody knows without their numbers
    monkeypatch.setattr(torch, "unique", lambda ids, **how: (ids, ids) if ids.is_meta else unique(ids, **how))
    found = losses_and_gradients(objective, make_window())
    found.append(objective.evaluate(make_window(), start(objective))[0].sums)
    assert {t.device for t in found} == {META}
    assert [name for name, p in objective.named_parameters() if p.grad is None] == []


@kinds
@devices
def test_losses_and_gradients_are_those_of_the_cpu(kind, device):
    found, expected = (
        losses_and_gradients(make(kind, dropout=0.0).to(place), make_window()) for place in (device, CPU)
    )
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.device.type == device.type
        torch.testing.assert_close(
            ours.cpu().to_dense(), theirs.to_dense(), rtol=1e-4, atol=1e-5
        )  # sums in another order


@devices
def test_dropout_is_drawn_where_the_model_is_and_negatives_on_the_cpu(device):
    torch.manual_seed(0)
    model = BiLM(CONFIG).to(device)
    objective = Objective(model, SampledSoftmax([5] * len(COUNTED), 6, n_samples=8).to(device), dropout=0.3)
    assert objective.dropout_generator.device.type == device.type
    assert objective.generator.device.type == "cpu"
    first, second = ([t.to_dense().clone() for t in _again(objective)] for _ in range(2))
    torch.testing.assert_close(first, second)  # a GPU sums in another order each time; other draws differ by far more


def _again(objective: Objective) -> list[torch.Tensor]:
    objective.zero_grad()
    objective.manual_seed(1)
    return losses_and_gradients(objective, make_window())
