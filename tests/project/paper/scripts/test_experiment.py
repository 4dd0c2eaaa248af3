"""Experiments from files to results, and how they go on."""

from dataclasses import replace

import pytest
import srsly

from project.paper.scripts import corpora, experiment, experiments, systems, train
from project.paper.scripts.runs import Run
from project.paper.scripts.sources import datasets
from project.shared.results import one_writer
from tests.support.paper_data import write_datasets

TASKS = ("tagging", "sentiment")
ALTERNATIVES, SHARES = (experiments.EXPERIMENTS[name] for name in ("alternatives", "shares"))


@pytest.fixture
def convert(workspace, call, monkeypatch):
    """Convert tiny corpora; the only experiment is that of the tasks."""
    write_datasets(workspace.assets)
    monkeypatch.setattr(corpora, "make_vectors", lambda *_: None)
    monkeypatch.setattr(datasets, "FEWEST_WORDS", 1)
    monkeypatch.setattr(experiments, "EXPERIMENTS", {"tasks": experiments.EXPERIMENTS["tasks"]})
    return lambda *arguments: call(corpora, "--tasks", ",".join(TASKS), *arguments)


@pytest.fixture
def play(call, tiny_model, monkeypatch):
    """Run the step with two tasks and one seed; return exit code, what was printed, and runs and splits."""

    def play(*arguments, score=None):
        started = []

        def note(run, split):
            started.append((run.cell.task, run.cell.system, split))
            return (score or make_line)(run, split)

        monkeypatch.setattr(Run, "score", note)
        given = {"tasks": ",".join(TASKS), "seeds": "0", "epochs": 1, "jobs": 1, "pretrained": tiny_model}
        options = [option for name, value in given.items() for option in (f"--{name}", value)]
        return *call(experiment, *options, *arguments), started

    return play


def make_line(run, split):
    scores = dict.fromkeys(run.task.scores, 0.5)
    return {**run.facts, "split": split, "scores": scores}


def lines(workspace):
    return list(srsly.read_jsonl(workspace.results / "runs.jsonl"))


def test_from_files_to_scores(convert, call, play, workspace, monkeypatch):
    original = Run.score

    def call_here(run, arguments):
        train.main([str(argument) for argument in arguments])
        return 100.0

    monkeypatch.setattr(Run, "_call", call_here)
    assert convert()[0] == 0
    code, printed, _ = play(score=original)
    assert code == 0, printed
    code, printed, _ = play("--test", score=original)
    assert code == 0, printed
    found = {(line["task"], line["system"], line["split"]): line for line in lines(workspace)}
    assert len(found) == 2 * 2 * 2
    tagged = found["tagging", "elmo", "dev"]
    assert 0 < tagged["scores"]["tag_acc"] <= 1
    assert tagged["scores"]["speed"] > 0
    assert tagged["unseen"]["words"] == 0  # the splits are the same
    assert tagged["bytes"] > 0
    assert (tagged["train_peak_mb"], tagged["train_seconds"] > 0) == (100.0, True)
    assert [(mix["component"], mix["place"]) for mix in tagged["mixes"]] == [("tagger", "input"), ("tagger", "output")]
    assert found["tagging", "tok2vec", "dev"]["mixes"] == []
    tested = found["sentiment", "elmo", "test"]
    assert 0 < tested["scores"]["cats_micro_f"] <= 1
    assert "train_seconds" not in tested
    assert tested["key"] == found["sentiment", "elmo", "dev"]["key"]
    assert tested["experiment"] == ["tasks"]
    assert tested["pretrained"] == "tiny"
    assert set(tested["corpus"]) == {"files", "sample", "words", "docs"}


def test_runs_with_a_line_are_not_repeated(convert, play, workspace):
    convert()
    assert play()[2] == [(task, system, "dev") for task in TASKS for system in ("tok2vec", "elmo")]
    before = lines(workspace)
    code, printed, started = play()
    assert (code, started, lines(workspace)) == (0, [], before)
    assert "4 runs done before, 0 to do" in printed


def test_other_data_are_other_runs(convert, play):
    convert()
    play()
    convert("--sample", "0.5")
    assert len(play("--sample", "0.5")[2]) == 4


def test_another_sample_is_no_corpus(convert, play):
    convert("--sample", "0.5")
    code, printed, started = play()
    assert (code, started) == (1, [])
    assert "not converted yet, or another sample of it; run the step `corpora` first" in printed


def test_of_several_recipes_of_a_cell_the_planned_one_counts(convert, play, workspace):
    convert()
    play()
    assert len(play("--epochs", "2", "--tasks", "tagging")[2]) == 2
    names = [(line["task"], line["epochs"], line["experiment"]) for line in lines(workspace)]
    assert names[:2] == [("tagging", 1, [])] * 2
    assert names[2:] == [("sentiment", 1, ["tasks"])] * 2 + [("tagging", 2, ["tasks"])] * 2
    assert play()[2] == []
    assert [line["experiment"] for line in lines(workspace)] == [["tasks"]] * 4 + [[]] * 2


def test_each_seed_of_a_cell_is_of_the_experiments_that_need_it(convert, play, workspace, monkeypatch):
    convert()
    first = replace(experiments.EXPERIMENTS["tasks"], has_seeds=False)
    monkeypatch.setattr(experiments, "EXPERIMENTS", {"tasks": experiments.EXPERIMENTS["tasks"], "first": first})
    play("--seeds", "0,1")
    assert play("--seeds", "0,1")[2] == []
    assert {(line["seed"], *line["experiment"]) for line in lines(workspace)} == {(0, "tasks", "first"), (1, "tasks")}
    assert play("--seeds", "1", "--epochs", "2")[2] != []
    assert {(line["seed"], line["epochs"], *line["experiment"]) for line in lines(workspace)} == {
        *((0, 1), (1, 1)),
        (1, 2, "tasks", "first"),
    }


def test_lines_without_configs_are_known_by_their_keys(convert, play, workspace):
    convert()
    play()
    record = [{name: value for name, value in line.items() if name != "config"} for line in lines(workspace)]
    srsly.write_jsonl(workspace.results / "runs.jsonl", record)
    assert play()[2] == []
    assert [line["experiment"] for line in lines(workspace)] == [["tasks"]] * 4
    assert len(play("--epochs", "2")[2]) == 4
    assert [line["experiment"] for line in lines(workspace)] == [[]] * 4 + [["tasks"]] * 4


def test_a_small_share_that_is_as_many_docs_as_a_larger_one_is_left_out(convert, play, monkeypatch):
    convert()
    monkeypatch.setattr(experiments, "EXPERIMENTS", {"shares": SHARES})
    made = []
    play(score=lambda run, split: made.append(run) or make_line(run, split))
    assert len({(run.cell.system, run.docs) for run in made}) == len(made)
    assert {run.cell.share for run in made} >= {1.0}


def test_lines_say_what_they_are_needed_for_now(convert, play, workspace, monkeypatch):
    convert()
    play()
    monkeypatch.setattr(experiments, "EXPERIMENTS", {"other": experiments.EXPERIMENTS["tasks"]})
    assert play()[2] == []
    assert {tuple(line["experiment"]) for line in lines(workspace)} == {("other",)}


def test_test_data_are_for_what_is_trained(convert, play):
    convert()
    code, printed, started = play("--test")
    assert (code, started) == (1, [])
    assert "tagging tok2vec, seed 0: not trained yet; run the step `runs` first" in printed


def test_without_a_corpus(play):
    code, printed, _ = play()
    assert code == 1
    assert "not converted yet, or another sample of it; run the step `corpora` first" in printed


@pytest.mark.parametrize("line", ["no JSON", "3", '{"key": "k", "split": "dev"}'])
def test_results_that_are_none(convert, play, workspace, line):
    convert()
    workspace.results.mkdir()
    (workspace.results / "runs.jsonl").write_text(line + "\n")
    code, printed, _ = play()
    assert code == 1
    assert "runs.jsonl:1: not the result of a run" in printed


def test_systems_without_their_weights_are_left_out(convert, play, monkeypatch):

    convert()
    monkeypatch.setattr(experiments, "EXPERIMENTS", {"alternatives": ALTERNATIVES})
    monkeypatch.setattr(systems, "find_spec", lambda name: None)
    code, printed, started = play()
    assert code == 0
    assert "floret is left out: no static vectors" in printed
    assert "transformer is left out: transformers is not installed" in printed
    assert {system for _, system, _ in started} == {"tok2vec", "elmo"}


def test_some_of_the_experiments(convert, play, workspace, monkeypatch):
    convert()
    both = {"tasks": experiments.EXPERIMENTS["tasks"], "shares": SHARES}
    monkeypatch.setattr(experiments, "EXPERIMENTS", both)
    assert play("--experiments", "tasks")[2] == [
        (task, system, "dev") for task in TASKS for system in ("tok2vec", "elmo")
    ]
    tagged = lines(workspace)[0]
    assert tagged["experiment"] == ["tasks", "shares"]
    assert {task for task, *_ in play("--experiments", "shares")[2]} == {"tagging"}
    assert play()[2] == []


def test_experiments_that_there_are_not(convert, play):
    code, printed, started = play("--experiments", "tables")
    assert (code, started) == (1, [])
    assert "'tables': no such experiment; choose from tasks, layers, places, shares, alternatives, search" in printed


def test_one_at_a_time(convert, play, workspace):
    convert()
    with one_writer(workspace.results / "runs.jsonl"):
        code, printed, started = play()
    assert (code, started) == (1, [])
    assert f"is adding runs to {workspace.results / 'runs.jsonl'}; wait for its end" in printed
    assert len(play()[2]) == 4
