"""Which runs are shown, and what is counted of them."""

import json

import pytest

from project.paper.scripts import tasks
from project.paper.scripts.pages import labels
from project.paper.scripts.pages.figures import Runs, differences, fewer_errors, is_better, percent, read_runs, write
from project.shared.arguments import StepError
from tests.support.paper import make_run, write_lines

WITH = {0: 0.70, 1: 0.70, 2: 0.73}
WITHOUT = {0: 0.58, 1: 0.60, 2: 0.62}


def values(lines, system="elmo", split="dev", **variant):
    return Runs(lines).values("tasks", "tagging", system, split, **variant)


def test_mean_and_standard_deviation_over_seeds():
    # of a sample: sqrt((2^2 + 0 + 2^2) / 2) = 2
    assert percent(WITHOUT) == "60.00 ±2.00"
    assert percent({0: 0.5}) == "50.00"
    assert percent({}) == ""


def test_differences_are_taken_seed_by_seed():
    # 12, 10 and 11 points
    assert percent(differences(WITH, WITHOUT), sign="+") == "+11.00 ±1.00"
    assert percent(differences({**WITH, 3: 0.1}, WITHOUT), sign="+") == "+11.00 ±1.00"
    assert percent(differences({1: 0.55}, WITHOUT), sign="+") == "−5.00"
    assert differences({5: 0.5}, WITHOUT) == {}


def test_share_of_the_errors_that_are_gone():
    assert fewer_errors({0: 0.7}, {0: 0.6}) == pytest.approx(0.25)  # from 40 in 100 to 30 in 100
    assert fewer_errors({0: 0.5}, {0: 0.6}) == pytest.approx(-0.25)


def test_errors_are_counted_for_the_seeds_of_both():
    assert fewer_errors({0: 0.92}, {0: 0.9, 1: 0.8}) == pytest.approx(0.2)  # from 10 in 100 to 8 in 100
    assert fewer_errors({1: 0.9}, {0: 0.8}) is None


def test_what_is_better_seed_by_seed():
    assert is_better(WITH, WITHOUT) is True
    assert is_better({0: 0.5, 1: 0.5}, {0: 0.6, 1: 0.7}) is False
    assert is_better({0: 0.5, 1: 0.7}, {0: 0.6, 1: 0.5}) is None  # 10 points worse and 20 better
    assert is_better({0: 0.61}, {0: 0.6}) is True
    assert is_better({1: 0.9}, {0: 0.8}) is None


def test_runs_that_no_experiment_has_any_more_are_left_out():
    lines = [make_run(corpus={"files": {"train": "b"}}), make_run(experiment=[], corpus={"files": {"train": "a"}})]
    assert [run["corpus"]["files"]["train"] for run in Runs(lines).all] == ["b"]


@pytest.mark.parametrize(("with_elmo", "without"), [({}, {0: 0.5}), ({0: 0.5}, {}), ({0: 0.5}, {0: 1.0})])
def test_no_share_without_a_baseline_or_without_its_errors(with_elmo, without):
    assert fewer_errors(with_elmo, without) is None


def test_zero_has_no_minus():
    assert write(-0.001, 2) == "0.00"
    assert write(-0.001, 2, "+") == "+0.00"
    assert write(-1.5, 1, "+") == "−1.5"


def test_a_seed_counts_once_and_the_newest_is_shown():
    lines = [make_run(system="elmo", score=score) for score in (0.8, 0.9)]
    assert values(lines) == {0: 0.9}


def test_of_several_recipes_the_one_that_was_run_last():
    lines = [make_run(system="elmo", score=0.8, seed=seed) for seed in range(3)]
    lines.append(make_run(system="elmo", score=0.7, variant={"depth": 2}))
    assert values(lines) == {0: 0.7}
    assert values(lines, depth=1) == {0: 0.8, 1: 0.8, 2: 0.8}


def test_shares_of_the_training_data_are_apart():
    lines = [make_run(system="elmo", score=0.8, share=0.1), make_run(system="elmo", score=0.9)]
    assert values(lines, share=0.1) == {0: 0.8}


def test_splits_and_experiments_are_apart():
    lines = [make_run(system="elmo", score=0.8, split="test"), make_run(system="elmo", experiment=["layers"])]
    assert values(lines) == {}
    assert values(lines, split="test") == {0: 0.8}


def test_systems_are_compared_on_the_same_data():
    """A comparison that was interrupted after the corpus changed leaves some systems with results on the old one."""
    runs = Runs(
        [make_run(corpus={"files": {"train": "old"}}), make_run(system="elmo", corpus={"files": {"train": "new"}})]
    )
    assert [run["system"] for run in runs.all] == ["elmo"]
    assert runs.left_out == 1


def test_a_sample_takes_no_place_of_more_data():
    runs = Runs(
        [make_run(corpus={"sample": 0.5}), make_run("srl", corpus={"sample": 0.05}), make_run(corpus={"sample": 0.05})]
    )
    assert [run["corpus"]["sample"] for run in runs.all] == [0.5]
    assert runs.sample == 0.5


def test_only_the_newest_weights_count():
    lines = [make_run(), make_run(system="elmo", weights_md5="old"), make_run("srl", "elmo", weights_md5="new")]
    assert [run["task"] for run in Runs(lines).all] == ["tagging", "srl"]


def test_weights_may_be_chosen():
    lines = [make_run(), *(make_run(system="elmo", weights_md5=name) for name in ("a", "b"))]
    assert [run.get("weights_md5") for run in Runs(lines, "a").all] == ["", "a"]
    assert [run["system"] for run in Runs(lines, "c").all] == ["tok2vec"]


def test_tasks_that_are_no_longer_known_are_left_out():
    assert Runs([make_run("older")]).all == []


def test_every_task_has_a_name():
    assert set(labels.TASKS) == set(tasks.TASKS)


def test_scores_beside_the_first_have_names():
    assert {score for task in tasks.TASKS.values() for score in task.scores[1:]} == set(labels.SCORES)


def test_no_file_is_no_runs(tmp_path):
    assert read_runs(tmp_path / "runs.jsonl").all == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"task": 3}, "no task in it, or not str"),
        ({"seed": True}, "no seed in it, or not int"),
        ({"split": "train"}, "split = 'train': must be one of dev, test"),
        ({"scores": {"tag_acc": "0.9"}}, "scores.tag_acc = '0.9': not a number from 0 to 1"),
        ({"scores": {"tag_acc": 90}}, "scores.tag_acc = 90: not a number from 0 to 1"),
        ({"variant": []}, "no variant in it"),
        ({"mixes": {}}, "mixes: not list"),
        ({"train_seconds": "1"}, "train_seconds: not a number"),
        ({"bytes": float("nan")}, "bytes: not a number"),
    ],
)
def test_lines_that_are_no_runs_are_named(tmp_path, changed, said):
    write_lines(tmp_path / "runs.jsonl", [make_run(), {**make_run(), **changed}])
    with pytest.raises(StepError, match=r"runs.jsonl:2: not the result of a run \(") as error:
        read_runs(tmp_path / "runs.jsonl")
    assert said in str(error.value)


def test_what_may_be_missing_may_be_null(tmp_path):
    few = {"task": "srl", "system": "elmo", "split": "dev", "seed": 0, "experiment": ["tasks"], "variant": {}}
    lines = [{**few, "scores": {"srl_f": 0.5}, "unseen": None, "bytes": None, "mixes": None}, {**few, "scores": {}}]
    (tmp_path / "runs.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf8")
    assert len(read_runs(tmp_path / "runs.jsonl").all) == 2
