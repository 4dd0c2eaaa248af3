"""The runs that count, and their figures."""

import json

import pytest

from project.language.scripts.figures import Runs, average, read_runs
from project.language.scripts.results import INIT
from project.shared.arguments import StepError
from tests.support.languages import BASELINE, ELMO, make_run, write_results

UPOS = ("dev", "gold", "pos_acc")


def upos(system, seed, value, **others):
    return make_run(system, seed, scores={"dev": {"gold": {"pos_acc": value}}}, **others)


def test_the_newest_run_of_a_seed_counts():
    runs = Runs([upos(ELMO, 0, 0.5), upos(ELMO, 0, 0.9)], [0])
    assert runs.spread("treebank", ELMO, UPOS) == "90.0"


def test_seeds_that_are_not_asked_for_do_not_count():
    runs = Runs([upos(ELMO, 0, 0.9), upos(ELMO, 1, 0.5)], [0])
    assert runs.spread("treebank", ELMO, UPOS) == "90.0"


def test_mean_and_spread_over_seeds():
    runs = Runs([upos(ELMO, seed, value) for seed, value in enumerate((0.88, 0.9, 0.92))], [0, 1, 2])
    assert runs.spread("treebank", ELMO, UPOS) == "90.0 ±2.0"


def test_differences_are_taken_seed_by_seed():
    lines = [
        upos(BASELINE, 0, 0.8),
        upos(BASELINE, 1, 0.7),
        upos(ELMO, 0, 0.82),
        upos(ELMO, 1, 0.72),
        upos(ELMO, 2, 0.99),
    ]
    runs = Runs(lines, [0, 1, 2])
    assert runs.difference("treebank", UPOS) == "+2.0 ±0.0"


def test_a_loss_has_a_minus_and_nothing_has_none():
    lines = [upos(BASELINE, 0, 0.9), upos(ELMO, 0, 0.8)]
    assert Runs(lines, [0]).difference("treebank", UPOS) == "−10.0"
    assert Runs([upos(BASELINE, 0, 0.9), upos(ELMO, 0, 0.8999)], [0]).difference("treebank", UPOS) == "+0.0"


def test_the_share_of_mistakes_that_are_gone():
    runs = Runs([upos(BASELINE, 0, 0.9), upos(ELMO, 0, 0.95)], [0])
    assert runs.fewer_mistakes("treebank", UPOS) == pytest.approx(0.5)


def test_the_best_run_has_the_best_mean_of_all_scores_of_dev():
    one = make_run(ELMO, 0, scores={"dev": {"gold": {"pos_acc": 0.9, "dep_las": 0.5}}})
    other = make_run(ELMO, 1, scores={"dev": {"gold": {"pos_acc": 0.8, "dep_las": 0.7}}})
    assert Runs([one, other], [0, 1]).best("treebank", ELMO) == other


def test_a_figure_that_some_runs_lack():
    assert average([{"speed": 10.0}, {"speed": None}, {}], "speed") == 10.0
    assert average([{}], "speed") is None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "Expecting property name"),
        ("[]", "not an object"),
        ('{"key": 1}', "no key in it, or not str"),
        (json.dumps({**make_run(ELMO), "scores": {"dev": 3}}), "scores.dev.: not an object"),
        (json.dumps(upos(ELMO, 0, 1.5)), "no share ['pos_acc']"),
        (json.dumps(upos(ELMO, 0, float("nan"))), "no share ['pos_acc']"),
        (json.dumps(make_run(ELMO, speed="fast")), "speed: not a number"),
        (json.dumps(make_run(ELMO, confusion=[["ADJ", 3]])), "is not a tag, a tag and a number"),
    ],
)
def test_a_line_that_is_no_run_is_named(job, line, problem):
    write_results(job, [make_run(ELMO)])
    with (job.results / "runs.jsonl").open("a", encoding="utf8") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(StepError) as caught:
        read_runs(job, job.settings())
    assert "runs.jsonl:2: not the result of a run" in str(caught.value)
    assert problem in str(caught.value)


def test_runs_of_what_is_not_asked_for_any_more_do_not_count(job):
    write_results(job, [make_run(ELMO), make_run(INIT), make_run(ELMO, kind="ner")])
    (job.ner / "train.spacy").unlink()
    assert [(run["kind"], run["system"]) for run in read_runs(job, job.settings()).all] == [("treebank", ELMO)]
