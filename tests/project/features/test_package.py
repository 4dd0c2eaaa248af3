"""The pipeline that is packaged."""

import srsly

from project.features.scripts import package
from project.shared.wheels import build
from tests.support.hand_made import make_result
from tests.support.wheels import package_here

BASELINE = "paper without ELMo"


def test_best_run_with_elmo_is_chosen():
    lines = [
        make_result(package.DEFAULT, 0, 0.99),
        make_result(BASELINE, 0, 0.98),
        make_result("listener", 0, 0.7),
        make_result("listener", 1, 0.6),
        make_result("paper", 0, 0.65),
    ]
    assert package.choose("ner", lines)["model"] == "training/listener-0"


def test_development_data_decides():
    lines = [make_result("paper", 0, 0.7), make_result("paper", 1, 0.6), make_result("paper", 1, 0.9, split="test")]
    assert package.choose("ner", lines)["seed"] == 0


def test_runs_with_older_settings_are_left_out():
    lines = [make_result("paper", 0, 0.9, config="older"), make_result("paper", 1, 0.6), make_result("paper", 2, 0.7)]
    assert package.choose("ner", lines)["seed"] == 2


def test_first_score_of_the_task_decides():
    lines = [make_result("paper", seed, 0.5) for seed in range(2)]
    for line, (tag, pos) in zip(lines, [(0.9, 0.8), (0.8, 0.9)]):
        line["scores"] |= {"tag_acc": tag, "pos_acc": pos}
    assert package.choose("tagger", lines)["seed"] == 0


def test_no_run_with_elmo_yet(files, call):
    files.results.parent.mkdir(parents=True)
    srsly.write_jsonl(files.results, [make_result(BASELINE, 0, 0.9)])
    code, printed = call(package, "ner", "--name", "mine")
    assert code == 1
    assert "run the step `runs` first, with --vars.task ner" in printed


def test_no_results_yet(call):
    code, printed = call(package, "ner", "--name", "mine")
    assert code == 1
    assert "no results yet; run the step `runs` first, with --vars.task ner" in printed


def test_wheel_of_a_corpus_whose_name_starts_with_the_language(nlp, workspace, monkeypatch):
    """`spacy package` does not name the language twice."""
    nlp.to_disk(workspace.root / "model")
    monkeypatch.setattr(build, "run", package_here)
    wheel = package.build(workspace.root / "model", workspace.packages / "en_mine_ner")
    assert wheel.name == "en_mine_ner-0.0.0-py3-none-any.whl"


def test_wheel_of_a_corpus_with_a_hyphen_in_its_name(nlp, workspace, monkeypatch):
    """The package in a wheel is imported by a name that must have none."""
    nlp.to_disk(workspace.root / "model")
    monkeypatch.setattr(build, "run", package_here)
    wheel = package.build(workspace.root / "model", workspace.packages / "my-corpus_ner")
    assert wheel.name == "en_my_corpus_ner-0.0.0-py3-none-any.whl"
