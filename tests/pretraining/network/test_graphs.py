"""On a CPU the graphs' task is called as it is, which shows what it computes; on a GPU it is replayed."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F

from spacy_elmo.bilm import WordInput
from spacy_elmo.pretraining.network.char_cnn import encode_words
from spacy_elmo.pretraining.network.graphs import WORDS, WindowGraphs
from spacy_elmo.pretraining.network.lstm import run_window
from spacy_elmo.pretraining.network.objective import Objective
from spacy_elmo.pretraining.network.softmax import SampledSoftmax
from tests.pretraining.network.test_objective import CONFIG, COUNTED, make, make_window, replace, start
from tests.support.devices import CUDA, NO_GPU

INPUTS = pytest.mark.parametrize(
    ("config", "words"), [(CONFIG, ()), (replace(CONFIG, input=WordInput(len(COUNTED))), COUNTED)], ids=["cnn", "table"]
)


@pytest.fixture
def captured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[torch.Tensor, ...]]:
    """Let a task stand for its graph; return what was captured with."""
    calls: list[tuple[torch.Tensor, ...]] = []

    def capture(task, samples):
        calls.append(samples)
        return task

    monkeypatch.setattr(torch.cuda, "make_graphed_callables", capture)
    return calls


def gradients(objective: Objective, y: torch.Tensor) -> dict[str, torch.Tensor]:
    objective.zero_grad()
    (y * torch.linspace(-1, 1, y.numel()).view_as(y)).sum().backward()
    return {name: p.grad for name, p in objective.model.named_parameters() if p.grad is not None}


@INPUTS
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_vectors_state_and_gradients_are_those_of_operations_one_by_one(config, words, dropout, captured):
    objective, window = make(config=config, words=words, dropout=dropout), make_window()
    masks = objective._masks(window.inputs) if dropout else None
    y, state = WindowGraphs(objective.model, torch.float32)(window, start(objective), masks)
    found = gradients(objective, y)
    x = F.embedding(window.inputs, encode_words(objective.model.word_encoder, window.words))
    expected, after = run_window(objective.model, x, start(objective), masks)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(state, after)
    torch.testing.assert_close(found, gradients(objective, expected), rtol=1e-4, atol=1e-5)  # sums in another order


def test_a_shape_is_captured_once(captured):
    objective, window = make(dropout=0.0), make_window()
    graphs = WindowGraphs(objective.model, torch.float32)
    for _ in range(2):
        graphs(window, start(objective), None)
    part = window._replace(inputs=window.inputs[:, :3])
    graphs(part, start(objective), None)
    assert len(captured) == 2


def test_words_are_filled_up_so_that_few_shapes_come_up(captured):
    objective, window = make(dropout=0.0), make_window()
    graphs = WindowGraphs(objective.model, torch.float32)
    graphs(window, start(objective), None)
    more = [*window.words, *(f"word{i}" for i in range(WORDS - len(window.words)))]
    graphs(window._replace(words=more), start(objective), None)
    assert len(captured) == 1
    graphs(window._replace(words=[*more, "another"]), start(objective), None)
    assert [samples[0].shape[0] for samples in captured] == [WORDS, 2 * WORDS]


def test_what_is_prepared_is_not_spelled_again(captured, monkeypatch):
    objective, window = make(dropout=0.0), make_window()
    graphs, spelled = WindowGraphs(objective.model, torch.float32), []
    spelling = objective.model.word_encoder.spelling
    monkeypatch.setattr(spelling, "whole", lambda words, n, whole=spelling.whole: spelled.append(n) or whole(words, n))
    graphs.prepare(window)
    graphs(window, start(objective), None)
    assert len(spelled) == 1
    graphs(window._replace(words=list(window.words)), start(objective), None)
    assert len(spelled) == 2


@NO_GPU
@INPUTS
def test_windows_after_the_first_are_those_of_the_cpu(config, words):
    """A graph that reads what is no longer there is right once."""
    found = []
    for device in (torch.device("cpu"), CUDA):
        kind = partial(SampledSoftmax, n_samples=8)
        objective = make(kind, config=config, words=words, dropout=0.0)
        objective.model.to(device)
        objective.softmax.to(device)
        state, sums = start(objective), []
        for _ in range(4):
            losses, state = objective(make_window(), state)
            losses.mean().backward()
            junk = [torch.randn(50, 50, device=device) for _ in range(20)]
            with torch.no_grad():
                for p in objective.parameters():
                    p -= 0.1 * p.grad.to_dense()
            objective.zero_grad()
            sums.append(losses.sums.detach().cpu())
            del junk
        found.append(torch.stack(sums))
    torch.testing.assert_close(found[1], found[0], rtol=1e-4, atol=1e-4)  # sums in another order
