"""Runs that go on where a checkpoint is damaged."""

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from spacy_elmo.formats import model_directory
from spacy_elmo.pretraining.loop import run
from spacy_elmo.pretraining.loop.checkpoint import FACTS, TENSORS, list_checkpoints, write_checkpoint
from spacy_elmo.util.files import WeightsError, read_json, write_json
from spacy_elmo.util.tensors import load_tensors, save_tensors
from tests.support.random_models import contents
from tests.support.runs import STEPS, tiny_run

RUN = {"keep_checkpoints": 3}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 12 steps, with checkpoints at 4, 8 and 12."""
    output = tmp_path_factory.mktemp("whole")
    tiny_run(output, **RUN)
    return output


@pytest.fixture
def output(whole: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(whole, tmp_path / "out"))


def step_of(output: Path, step: int) -> Path:
    return output / "checkpoints" / f"step-{step:09d}"


def go_on(output: Path) -> list[str]:
    """Go on, and return what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert tiny_run(output, **RUN).step == STEPS
    return [str(warning.message) for warning in caught]


def cut(path: Path) -> None:
    (path / TENSORS).write_bytes((path / TENSORS).read_bytes()[:1000])


def flip(path: Path) -> None:
    data = bytearray((path / TENSORS).read_bytes())
    data[-3] ^= 1
    (path / TENSORS).write_bytes(data)


def without_facts(path: Path) -> None:
    (path / FACTS).unlink()


def emptied(path: Path) -> None:
    (path / FACTS).write_bytes(b"")


def with_facts(**changes: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        facts = {**read_json(path / FACTS), **changes}
        write_json(path / FACTS, {key: value for key, value in facts.items() if value != "gone"})

    return change


def with_tensors(drop: str = "", **changes: torch.Tensor) -> Callable[[Path], None]:
    """As an older version left it, without a digest."""

    def change(path: Path) -> None:
        with_facts(digest="gone")(path)
        tensors = {**load_tensors(path / TENSORS), **{name.replace("__", "/"): t for name, t in changes.items()}}
        save_tensors(path / TENSORS, {name: t for name, t in tensors.items() if not (drop and name.endswith(drop))})

    return change


def first_optimizer_tensor(path: Path) -> None:
    with_facts(digest="gone")(path)
    tensors = load_tensors(path / TENSORS)
    name = next(name for name in tensors if name.startswith("optimizer/") and name.endswith("/exp_avg"))
    save_tensors(path / TENSORS, {key: t for key, t in tensors.items() if not key.startswith(name.rpartition("/")[0])})


DAMAGES = {
    "cut": cut,
    "a bit flipped": flip,
    "no facts": without_facts,
    "empty facts": emptied,
    "another number in the facts": with_facts(words=3),
    "another step": with_facts(digest="gone", step=3),
    "a fact missing": with_facts(digest="gone", history="gone"),
    "a fact of another type": with_facts(digest="gone", optimizer=[]),
    "a note without its step": with_facts(digest="gone", best={"perplexity": 3}),
    "a tensor missing": with_tensors(drop="state/h"),
    "a tensor of another shape": with_tensors(state__h=torch.zeros(2)),
    "a tensor too many": with_tensors(objective__more=torch.zeros(2)),
    "no state of the optimizer": with_tensors(drop="exp_avg"),
    "no state of one parameter": first_optimizer_tensor,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_one_is_set_aside_and_written_again(damage: Callable[[Path], None], whole: Path, output: Path):
    damage(step_of(output, STEPS))
    damaged = contents(step_of(output, STEPS))
    (warning,) = go_on(output)
    assert f"step-{STEPS:09d}" in warning
    assert f"set aside as damaged-step-{STEPS:09d}" in warning
    assert contents(output / "checkpoints" / f"damaged-step-{STEPS:09d}") == damaged
    for name in ("model-last", "model-best"):
        for file in ("weights.safetensors", "softmax.safetensors"):
            assert (output / name / file).read_bytes() == (whole / name / file).read_bytes()
    assert (step_of(output, STEPS) / TENSORS).read_bytes() == (step_of(whole, STEPS) / TENSORS).read_bytes()
    assert list_checkpoints(output / "checkpoints") == [4, 8, 12]


def test_a_run_goes_on_from_whole_checkpoints_of_the_first_version(output: Path):
    for step in (4, 8, 12):
        with_facts(digest="gone", schema="gone")(step_of(output, step))
    assert go_on(output) == []


def test_where_none_is_whole_nothing_is_done(output: Path):
    for step in (4, 8, 12):
        cut(step_of(output, step))
    before = contents(output)
    with pytest.raises(WeightsError, match="none of its checkpoints is whole.*choose another --output, or remove"):
        tiny_run(output, **RUN)
    assert contents(output) == before


def test_where_only_damaged_ones_are_left_nothing_is_done(output: Path):
    for step in (4, 8):
        shutil.rmtree(step_of(output, step))
    step_of(output, 12).rename(output / "checkpoints" / "damaged-step-000000012")
    with pytest.raises(WeightsError, match="none of its checkpoints is whole"):
        tiny_run(output, **RUN)


def lose_best(output: Path, step: int) -> None:
    """Let the best evaluation be that of a step, whose checkpoint is damaged."""
    for path in sorted((output / "checkpoints").iterdir()):
        facts = read_json(path / FACTS)
        notes = [note for note in facts["history"] if note["step"] == step]
        for note in notes:
            note["perplexity"] = 1.5
        with_facts(digest="gone", history=facts["history"], best=notes[0] if notes else facts["best"])(path)
    cut(step_of(output, step))


def test_the_model_of_a_best_step_that_is_lost_stays(output: Path):
    lose_best(output, 8)
    meta = read_json(output / "model-best" / "meta.json")
    write_json(output / "model-best" / "meta.json", {**meta, "steps": 8})
    before = contents(output / "model-best")
    assert len(go_on(output)) == 1
    assert contents(output / "model-best") == before
    assert list_checkpoints(output / "checkpoints") == [4, 12]


def test_the_best_that_is_left_takes_the_place_of_one_that_is_lost(output: Path):
    lose_best(output, 8)
    shutil.rmtree(output / "model-best")
    history = read_json(step_of(output, 12) / FACTS)["history"]
    best = min((note for note in history if note["step"] != 8), key=lambda note: note["perplexity"])
    assert len(go_on(output)) == 1
    assert model_directory.read(output / "model-best").meta["steps"] == best["step"]


def test_a_best_that_is_damaged_while_the_run_is_on_costs_no_more_than_itself(
    output: Path, monkeypatch: pytest.MonkeyPatch
):
    best = read_json(step_of(output, 12) / FACTS)["best"]["step"]
    kept = contents(output / "model-best")
    monkeypatch.setattr(run, "_replace_lost_best", lambda *_: cut(step_of(output, best)))
    assert tiny_run(output, **RUN).step == STEPS
    assert contents(output / "model-best") == kept


def test_the_step_of_another_run_is_not_taken_for_its_own(output: Path):
    before = contents(output / "checkpoints")
    with pytest.raises(OSError, match="step-000000008: is there already, so another process trains"):
        write_checkpoint(output / "checkpoints", 8, {"a": torch.zeros(2)}, {})
    assert contents(output / "checkpoints") == before


def test_what_a_killed_process_left_of_a_checkpoint_is_removed(output: Path):
    (output / "checkpoints" / ".partial-step-000000099").mkdir()
    assert go_on(output) == []
    assert not (output / "checkpoints" / ".partial-step-000000099").exists()
