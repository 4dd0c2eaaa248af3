"""Tables of layers and places."""

from project.paper.scripts.pages.choices import LAYERS, compare, layers, places
from project.paper.scripts.pages.figures import Runs
from tests.support.paper import make_run, read_tables


def make_runs(**scores):
    variants = {"last": {"layers": "last"}, "even": {"l2": 1.0}, "free": {"l2": 0.001}}
    lines = [make_run("sentiment", score=0.5, experiment=["tasks", "layers"])]
    return lines + [
        make_run("sentiment", "elmo", scores[name], experiment=["layers"], variant=variants[name]) for name in scores
    ]


def test_layers():
    (row,) = read_tables(layers(Runs(make_runs(last=0.6, even=0.61, free=0.62))).markdown)["First score of the tasks"]
    assert list(row.values()) == ["Sentiment by BCN, polarity", "50.00", "60.00", "61.00", "62.00"]
    assert list(row) == ["", "baseline", "last layer", "all, λ = 1", "all, λ = 0.001"]


def test_what_was_not_run_has_no_column():
    (row,) = read_tables(layers(Runs(make_runs(free=0.62))).markdown)["First score of the tasks"]
    assert list(row) == ["", "baseline", "all, λ = 0.001"]


def test_tasks_are_compared_that_have_all_variants():
    runs = Runs(make_runs(last=0.6, even=0.61, free=0.62))
    assert compare(runs, "layers", LAYERS) == {
        "sentiment": {"last layer": {0: 0.6}, "all, λ = 1": {0: 0.61}, "all, λ = 0.001": {0: 0.62}}
    }
    assert compare(Runs(make_runs(free=0.62)), "layers", LAYERS) == {}


def test_places():
    lines = [
        make_run("srl", "elmo", score, experiment=["places"], variant={"place": place}, share=0.1)
        for place, score in {"input": 0.6, "output": 0.5, "both": 0.7}.items()
    ]
    (row,) = read_tables(places(Runs(lines)).markdown)["First score of the tasks"]
    assert list(row) == ["", "before the encoder", "before and behind it", "behind it"]
    assert list(row.values()) == ["Semantic roles, PropBank, 10% of the data", "60.00", "70.00", "50.00"]


def test_the_paper_s_own_figures_stand_beside():
    found = read_tables(layers(Runs(make_runs(free=0.62))).markdown)["In the paper, on other data"]
    assert list(found[0].values()) == ["SQuAD", "80.8", "84.7", "85.0", "85.2"]


def test_no_runs():
    assert layers(Runs([make_run()])) is None
    assert places(Runs([make_run()])) is None
