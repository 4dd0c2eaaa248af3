"""The experiments as data."""

from collections import Counter

import pytest

from project.paper.scripts.experiments import EXPERIMENTS, make_cell, plan
from project.paper.scripts.tasks import TASKS

OPEN = [name for name, task in TASKS.items() if task.dataset not in ("sst", "squad", "snli")]


@pytest.fixture(scope="module")
def planned():
    return plan(OPEN, [0, 1, 2])


def test_how_many_runs_each_experiment_needs(planned):
    counts = Counter(name for run in planned for name in run.experiments)
    assert counts == {
        "tasks": 13 * 2 * 3,
        "layers": 4 * 4 * 3,
        "places": 4 * 4 * 3,
        "shares": 2 * 7 * 2 * 3,
        "alternatives": 5 * 4 * 3,
        "search": 2 * 2 * 16,
    }


def test_runs_that_several_share_are_done_once(planned):
    assert len({(run.cell, run.seed) for run in planned}) == len(planned)
    (run,) = [run for run in planned if (run.cell, run.seed) == (make_cell("sentiment", "elmo"), 1)]
    assert run.experiments == ("tasks", "layers", "places", "alternatives")


def test_both_systems_of_the_search_have_as_many_trials(planned):
    searched = Counter(run.cell.system for run in planned if "search" in run.experiments)
    assert searched["elmo"] == searched["tok2vec"]


def test_elmo_is_in_both_places_where_the_paper_has_it_there():
    assert make_cell("qa", "elmo").place == make_cell("entailment-sick", "elmo").place == "both"
    assert make_cell("srl", "elmo").place == make_cell("qa", "tok2vec").place == "input"


def test_the_search_is_of_the_same_recipes_whatever_a_task_sets(planned):
    recipes: dict[str, set[str]] = {"tagging": set(), "ner-bc5cdr": set()}
    for run in planned:
        if "search" in run.experiments:
            recipes[run.cell.task].add(f"{run.cell.system} {run.cell.variant}")
    assert recipes["tagging"] == recipes["ner-bc5cdr"]


def test_only_elmo_has_less_of_the_form_of_words():
    assert make_cell("ner-wnut17", "elmo").form == "shape"
    assert make_cell("ner-wnut17", "tok2vec").form == "full"


def test_the_search_has_one_seed(planned):
    assert {run.seed for run in planned if run.experiments == ("search",)} == {0}


def test_test_data_are_for_the_tasks_and_the_alternatives(planned):
    assert {name for name, experiment in EXPERIMENTS.items() if experiment.is_tested} == {"tasks", "alternatives"}
    assert all(run.is_tested == bool({"tasks", "alternatives"} & {*run.experiments}) for run in planned)


def test_the_first_seed_comes_first(planned):
    seeds = [run.seed for run in planned if "tasks" in run.experiments]
    assert seeds == sorted(seeds)


def test_other_tasks_have_no_runs():
    assert {run.cell.task for run in plan(["coref"], [0])} == {"coref"}
    assert len(plan(["coref"], [0])) == 2


def test_roles_are_varied_on_a_tenth_of_their_data(planned):
    shares = {run.cell.share for run in planned if run.cell.task == "srl" and "layers" in run.experiments}
    assert shares == {0.1}


@pytest.mark.parametrize(("share", "epochs"), [(1.0, 10), (0.25, 20), (0.1, 32), (0.01, 100), (0.001, 100)])
def test_few_data_are_seen_more_often(share, epochs):
    assert make_cell("crf-wnut17", "elmo", share=share).count_epochs() == epochs


def test_epochs_that_are_asked_for():
    assert make_cell("crf-wnut17", "elmo").count_epochs(2) == 2
    assert make_cell("crf-wnut17", "elmo", longer=2).count_epochs(3) == 6


def test_the_variant_has_all_settings_of_a_cell():
    variant = make_cell("crf-bc5cdr", "elmo", place="both").variant
    assert variant == {
        "form": "full",
        "place": "both",
        "layers": "all",
        "l2": 0.001,
        "layer_norm": True,
        "encoder": "bilstm",
        "depth": 2,
        "width": 96,
        "encoder_dropout": 0.5,
        "dropout": 0.1,
        "longer": 1,
    }
