"""Trials of one change at a time. What is trained is made up here; test_pretrain.py trains."""

import json
from pathlib import Path

import pytest
import srsly

from project.en_elmo_sm.scripts import trials
from project.shared.workspace import Workspace
from spacy_elmo.pretraining.config import read_config
from spacy_elmo.pretraining.pretrain import make_settings

PLAN = {
    "model": "configs/tiny",
    "text": "text",
    "heldout": "heldout",
    "seconds": 150,
    "vocab": None,
    "settings": {"corpus.dev_size": 2, "training.dropout": 0.0},
    "trials": {"first": {}, "dropout": {"training.dropout": 0.5}, "more words": {"corpus.max_words": 99}},
}


class Training:
    """Stands for the command that trains: 2 steps a second, and an evaluation of 10 seconds.

    Attributes:
        runs: The output of each, and its settings.
        fails: How many runs end well before one is interrupted.
    """

    def __init__(self) -> None:
        self.runs: list[tuple[Path, dict]] = []
        self.fails = 100

    def __call__(self, arguments):
        output, options = Path(arguments[4]), [str(part) for part in arguments[6:]]
        settings = {key[2:]: json.loads(value) for key, value in zip(options[::2], options[1::2])}
        self.runs.append((output, settings))
        if len(self.runs) > self.fails:
            return 130
        seconds = settings["training.max_seconds"] or settings["training.max_steps"] / 2
        meta = {"steps": int(2 * seconds), "words": 100, "seconds": seconds + 10, "lang": "en"}
        written = {output / "model-last" / "meta.json": meta, Path(settings["paths.corpus"]) / "vocab.txt": ""}
        for path, value in written.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(value), encoding="utf8")
        return 0


@pytest.fixture
def training(workspace, monkeypatch):
    stands_in = Training()
    monkeypatch.setattr(trials, "run_command", stands_in)

    def measure(model, texts, *, vocab, lang):
        assert vocab.parent == Path(stands_in.runs[0][1]["paths.corpus"])  # of the first trial, for all
        value = 80.0 if "dropout" in model else 100.0
        return [
            {"text": f"{name}.txt", "words": 10, "forward": value, "backward": value, "mean": value}
            for name in ("news", "novels")
        ]

    monkeypatch.setattr(trials, "measure_files", measure)
    for folder in ("configs/tiny", "text", "heldout"):
        (workspace.root / folder).mkdir(parents=True)
    (workspace.root / "configs" / "tiny" / "config.cfg").touch()
    return stands_in


def write(workspace, **changes):
    srsly.write_yaml(workspace.root / "plan.yml", PLAN | changes)
    return "plan.yml"


def test_each_trial_has_as_many_steps_as_its_time_has_room_for(workspace, training, call):
    code, printed = call(trials, write(workspace))
    assert code == 0, printed
    (pilot, before), (run, settings) = training.runs[:2]
    assert (pilot.name, run.name, run.parent) == ("pilot", "run", pilot.parent)
    assert (before["training.max_seconds"], before["training.max_steps"]) == (10, None)
    steps = 2 * (150 - 3 * 10)  # the rest is for evaluations
    assert settings["training.max_steps"] == settings["training.optimizer.learn_rate.total"] == steps
    assert (settings["training.max_seconds"], settings["training.eval_frequency"]) == (None, steps // 3)
    assert (settings["corpus.dev_size"], settings["training.dropout"]) == (2, 0.0)
    assert settings["paths.train"] == str(workspace.root / "text")


def test_rows_are_lines_of_json_and_a_table(workspace, training, call):
    _, printed = call(trials, write(workspace))
    rows = [*srsly.read_jsonl(workspace.results / "trials.jsonl")]
    assert [row["trial"] for row in rows] == ["first", "dropout", "more words"]
    assert (rows[1]["perplexity"], rows[1]["by_source"]) == (80.0, {"news": 80.0, "novels": 80.0})
    assert rows[1]["settings"] == {"corpus.dev_size": 2, "training.dropout": 0.5}
    assert "80.0 -20.0%" in printed
    assert "| dropout | 80.0 | 80.0 |" in (workspace.results / "trials.md").read_text(encoding="utf8")


def test_trials_with_the_same_text_share_it_prepared(workspace, training, call):
    call(trials, write(workspace))
    first, dropout, more_words = (settings["paths.corpus"] for _, settings in training.runs[1::2])
    assert first == dropout != more_words


def test_an_interrupted_trial_goes_on_and_others_are_not_repeated(workspace, training, call):
    training.fails = 3
    assert call(trials, write(workspace))[0] == 130
    interrupted = training.runs[3]
    training.fails = 100
    assert call(trials, write(workspace))[0] == 0
    assert training.runs[4] == interrupted, "its pilot is not repeated"
    assert len(training.runs) == 7
    call(trials, write(workspace))
    assert len(training.runs) == 7


def test_a_trial_with_other_settings_is_another(workspace, training, call):
    call(trials, write(workspace))
    call(trials, write(workspace, trials={"first": {}, "dropout": {"training.dropout": 0.2}}))
    assert len(training.runs) == 8
    assert len([*srsly.read_jsonl(workspace.results / "trials.jsonl")]) == 4


@pytest.mark.parametrize("line", ["{", "5", "{}", '{"trial": "first"}'])
def test_a_line_that_is_no_trial_is_named(workspace, training, call, line):
    call(trials, write(workspace))
    path = workspace.results / "trials.jsonl"
    path.write_text(path.read_text() + line + "\n")
    code, printed = call(trials, write(workspace))
    assert (code, "trials.jsonl:4: not the result of a trial" in printed) == (1, True), printed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seconds": 0}, "seconds above 0"),
        ({"trials": {}}, "a trial at least"),
        ({"trials": {"first": None}}, "'first': must be a name, with settings"),
        ({"text": 5}, "text = 5: must be of another type"),
        ({"speed": 5}, "must have the keys model, text"),
        ({"model": "nowhere"}, "nowhere/config.cfg: no such file"),
    ],
)
def test_a_file_of_trials_that_is_none(workspace, training, call, changes, message):
    code, printed = call(trials, write(workspace, **changes))
    assert (code, message in printed) == (1, True), printed
    assert training.runs == []


def test_the_trials_of_the_project_are_settings_of_its_config(source, tmp_path):
    plan = trials.read_plan(Workspace(source), source / "trials.yml")
    for name in ("litbank_novels", "cpp_docs", "python_peps", "craft_articles", "rust_book", "openstax"):
        (tmp_path / f"{name}.txt").touch()
    assert plan.trials["first"] == {}
    for changes in plan.trials.values():
        settings = {"paths.train": str(tmp_path)} | plan.settings | changes
        assert make_settings(read_config(plan.model / "config.cfg", settings))
