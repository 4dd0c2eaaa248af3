"""The best recipe and all others."""

from project.paper.scripts.pages.figures import Runs
from project.paper.scripts.pages.search import rank, search
from tests.support.paper import make_run, read_tables

TASKS = ("tagging", "ner-wnut17")


def make_runs(system, scores):
    """Return runs of depths, each with its scores of both tasks; their epochs differ."""
    return [
        make_run(task, system, score, experiment=["search"], variant={"depth": depth}, epochs=epochs)
        for depth, own in scores.items()
        for task, score, epochs in zip(TASKS, own, (4, 10))
    ]


BASELINE, ELMO = {1: (0.9, 0.3), 2: (0.91, 0.2)}, {1: (0.9, 0.3), 2: (0.92, 0.4)}
RUNS = Runs([*make_runs("tok2vec", BASELINE), *make_runs("elmo", ELMO)])


def test_the_best_of_each_by_the_mean_over_tasks():
    rows = read_tables(search(RUNS).markdown)["The best of each"]
    assert [list(row.values()) for row in rows] == [
        ["baseline", "depth 1", "90.00", "30.00", "60.00"],
        ["ELMo", "depth 2", "92.00", "40.00", "66.00"],
    ]


def test_all_recipes_are_listed():
    tables = read_tables(search(RUNS).markdown)
    assert [list(row.values()) for row in tables["All 2 recipes of ELMo"]] == [
        ["1", "2", "92.00", "40.00", "66.00"],
        ["2", "1", "90.00", "30.00", "60.00"],
    ]


def test_recipes_that_were_not_run_on_all_tasks_are_left_out():
    runs = Runs([*make_runs("elmo", {1: (0.9, 0.3)}), *make_runs("elmo", {2: (0.92,)})])
    assert [recipe.mean for recipe in rank(runs, "elmo", list(TASKS))] == [0.6]


def test_settings_that_are_not_varied_are_left_out():
    (recipe,) = rank(Runs(make_runs("elmo", {1: (0.9, 0.3)})), "elmo", list(TASKS))
    assert recipe.settings == {}


def test_no_choice():
    assert search(Runs([*make_runs("tok2vec", {1: (0.9, 0.3)}), *make_runs("elmo", {1: (0.9, 0.3)})])) is None
    assert search(Runs([make_run()])) is None
