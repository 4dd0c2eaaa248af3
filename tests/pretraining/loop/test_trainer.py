import math
from pathlib import Path

import pytest
import torch

from spacy_elmo.bilm.model import State
from spacy_elmo.pretraining.corpus.ahead import ReadAhead
from spacy_elmo.pretraining.loop.checkpoint import latest_checkpoint, list_checkpoints
from spacy_elmo.pretraining.loop.limits import Limits
from spacy_elmo.pretraining.loop.trainer import Trainer, train
from tests.support.runs import tiny_trainer


def parameters(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in trainer.objective.state_dict().items()}


def same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    return set(left) == set(right) and all(torch.equal(left[name], right[name]) for name in left)


def go(trainer: Trainer, folder: Path, limits: Limits | None = None, *, stop_after: int = 0) -> int:
    """Train, and return the number of steps."""
    limits = Limits(steps=12) if limits is None else limits
    interrupted = (lambda: trainer.step == stop_after) if stop_after else (lambda: False)
    return len(list(train(trainer, limits, folder, eval_frequency=4, interrupted=interrupted)))


@pytest.mark.parametrize(
    ("softmax", "precision", "average_decay"),
    [
        ("sampled", "float32", None),
        ("full", "float32", None),
        ("adaptive", "float32", 0.9),
        ("sampled", "bfloat16", None),
        ("sampled", "bfloat16", 0.9),
    ],
)
@pytest.mark.parametrize("step", [4, 7])
def test_a_resumed_run_equals_the_uninterrupted_one(
    softmax: str, precision: str, average_decay: float | None, step: int, tmp_path: Path
):
    settings = {"softmax": softmax, "precision": precision, "average_decay": average_decay}
    whole = tiny_trainer(tmp_path / "corpus", **settings)
    go(whole, tmp_path / "whole")
    first = tiny_trainer(tmp_path / "corpus", **settings)
    assert go(first, tmp_path / "parts", stop_after=step) == step
    second = tiny_trainer(tmp_path / "corpus", **settings)
    second.load(latest_checkpoint(tmp_path / "parts"))
    assert go(second, tmp_path / "parts") == 12 - step
    assert same(parameters(whole), parameters(second))
    assert same(whole.optimizer.tensors(), second.optimizer.tensors())
    assert same(whole.optimizer.averages.tensors, second.optimizer.averages.tensors)
    assert torch.equal(whole.state.c, second.state.c)
    without_time = [{**note, "seconds": 0} for note in second.history]
    assert without_time == [{**note, "seconds": 0} for note in whole.history]


def test_windows_read_ahead_change_nothing(tmp_path: Path):
    plain, ahead = (tiny_trainer(tmp_path / "corpus") for _ in range(2))
    ahead._ahead = ReadAhead(ahead.windows)  # as on a GPU
    go(plain, tmp_path / "plain")
    go(ahead, tmp_path / "ahead")
    assert same(parameters(plain), parameters(ahead))
    assert torch.equal(plain.state.c, ahead.state.c)


def test_evaluating_changes_nothing_in_training(tmp_path: Path):
    plain, evaluated = (tiny_trainer(tmp_path / "corpus") for _ in range(2))
    for _ in range(6):
        plain.advance()
        evaluated.advance()
        evaluated.evaluate()
    assert same(parameters(plain), parameters(evaluated))


def test_averages_change_what_is_evaluated_and_nothing_in_training(tmp_path: Path):
    plain = tiny_trainer(tmp_path / "corpus")
    averaged = tiny_trainer(tmp_path / "corpus", average_decay=0.9)
    for run in (plain, averaged):
        go(run, tmp_path / "checkpoints" / str(id(run)), Limits(steps=8))
    assert same(parameters(plain), parameters(averaged))
    assert [note["loss"] for note in plain.history] == [note["loss"] for note in averaged.history]
    assert plain.history[-1]["perplexity"] != averaged.history[-1]["perplexity"]
    plain.objective.load_state_dict(averaged.optimizer.averages.tensors, strict=False)
    assert plain.evaluate().mean == averaged.history[-1]["perplexity"]


def test_another_seed_gives_another_model(tmp_path: Path):
    left, right = tiny_trainer(tmp_path / "corpus", seed=1), tiny_trainer(tmp_path / "corpus", seed=2)
    assert not same(parameters(left), parameters(right))


def test_the_loss_falls(tmp_path: Path):
    trainer = tiny_trainer(tmp_path / "corpus", max_steps=80)
    before = trainer.evaluate().mean
    go(trainer, tmp_path / "checkpoints", Limits(steps=80))
    assert trainer.history[-1]["loss"] < math.log(before)


@pytest.mark.parametrize(
    ("limits", "steps"),
    [(Limits(steps=5), 5), (Limits(words=41), 3), (Limits(steps=9, words=40), 2), (Limits(seconds=1e-9), 1)],
)
def test_a_run_ends_at_the_first_limit(limits: Limits, steps: int, tmp_path: Path):
    trainer = tiny_trainer(tmp_path / "corpus")  # 20 words a step
    assert go(trainer, tmp_path / "checkpoints", limits) == steps


def test_a_run_ends_with_the_evaluation_that_takes_the_time_that_was_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    evaluate = Trainer.evaluate

    def take_an_hour(self: Trainer) -> object:
        self.seconds += 3600
        return evaluate(self)

    monkeypatch.setattr(Trainer, "evaluate", take_an_hour)
    trainer = tiny_trainer(tmp_path / "corpus")
    assert go(trainer, tmp_path / "checkpoints", Limits(seconds=3600)) == 4
    assert len(trainer.history) == 1


def test_an_epoch_ends_with_its_last_window(tmp_path: Path):
    trainer = tiny_trainer(tmp_path / "corpus")
    assert go(trainer, tmp_path / "checkpoints", Limits(epochs=2)) == 2 * trainer.windows.n_windows()
    assert trainer.words == 2 * 4 * trainer.windows.lane_length


def test_an_epoch_begins_as_an_evaluation_does(tmp_path: Path):
    trainer, other = (tiny_trainer(tmp_path / "corpus") for _ in range(2))
    go(trainer, tmp_path / "one", Limits(epochs=1))
    go(other, tmp_path / "other", Limits(epochs=1))
    other.state = State(*(torch.ones_like(values) for values in other.state))  # what an epoch left does not matter
    for run in (trainer, other):
        run.advance()
    assert same(parameters(trainer), parameters(other))


def test_time_counts_across_interruptions(tmp_path: Path):
    first = tiny_trainer(tmp_path / "corpus")
    go(first, tmp_path / "checkpoints", stop_after=3)
    second = tiny_trainer(tmp_path / "corpus")
    second.load(latest_checkpoint(tmp_path / "checkpoints"))
    assert go(second, tmp_path / "checkpoints", Limits(seconds=first.seconds)) == 0


def test_the_best_checkpoint_stays(tmp_path: Path):
    trainer = tiny_trainer(tmp_path / "corpus")
    go(trainer, tmp_path / "checkpoints", Limits(steps=4))
    trainer.best = {**trainer.history[0], "perplexity": 0.0}  # nothing will be better
    go(trainer, tmp_path / "checkpoints", Limits(steps=24))
    assert list_checkpoints(tmp_path / "checkpoints") == [4, 20, 24]


def test_progress_tells_what_is_left(tmp_path: Path):
    trainer = tiny_trainer(tmp_path / "corpus")
    seen = list(train(trainer, Limits(steps=8), tmp_path / "checkpoints", eval_frequency=4))
    assert [progress.dev is not None for progress in seen] == [False, False, False, True] * 2
    assert [progress.words for progress in seen][:3] == [20, 40, 60]
    assert seen[3].seconds_left == pytest.approx(seen[3].seconds)  # half of the steps
    assert seen[-1].seconds_left == 0
    assert seen[3].speed > 0
    assert seen[3].is_best


@pytest.mark.parametrize("settings", [{}, {"steps": 0}, {"seconds": -1}])
def test_limits_that_cannot_be_are_refused(settings: dict[str, int]):
    with pytest.raises(ValueError, match="max_"):
        Limits(**settings)


def test_gradients_that_are_not_finite_end_the_run(tmp_path: Path):
    trainer = tiny_trainer(tmp_path / "corpus")
    trainer.objective.model.word_encoder.embedding.weight.data.fill_(math.nan)
    with pytest.raises(FloatingPointError, match="learning rate"):
        trainer.advance()
