"""Systems beside each other: scores, speed, size, and a plot of them."""

from xml.etree import ElementTree

from project.paper.scripts.pages.alternatives import alternatives
from project.paper.scripts.pages.figures import Runs
from tests.support.paper import make_run, read_tables

SCORES = {"tok2vec": 0.90, "elmo": 0.93, "floret": 0.91, "transformer": 0.94}


def make_runs(task="tagging", split="dev", systems=SCORES):
    return [
        make_run(task, name, SCORES[name], split=split, experiment=["alternatives"], weights_md5="") for name in systems
    ]


def test_tables_have_a_row_for_each_system():
    tables = read_tables(alternatives(Runs([*make_runs(), *make_runs("parsing")])).markdown)
    rows = tables["First score of the tasks, %"]
    assert list(rows[1].values()) == ["ELMo", "93.00", "93.00"]
    assert list(rows[1]) == ["", "Parts of speech, EWT (dev)", "Dependencies, EWT (dev)"]
    assert [row[""] for row in rows] == ["baseline", "ELMo", "floret vectors", "small transformer"]
    tags = {title: [row["Parts of speech, EWT (dev)"] for row in rows] for title, rows in tables.items()}
    assert tags["Words a second"] == ["20,000", "4,000", "15,000", "900"]
    assert tags["MB on disk, with the weights that it needs"] == ["2.0", "16.0", "70.0", "92.0"]


def test_test_is_shown_where_all_systems_have_it():
    lines = [*make_runs(), *make_runs(split="test"), *make_runs("parsing"), *make_runs("parsing", "test", ["elmo"])]
    header = read_tables(alternatives(Runs(lines)).markdown)["Words a second"][0]
    assert list(header)[1:] == ["Parts of speech, EWT (test)", "Dependencies, EWT (dev)"]


def test_plot_has_a_mark_for_each_system():
    html = alternatives(Runs([*make_runs(), *make_runs("parsing", systems=["elmo"])])).html
    svg = ElementTree.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])
    assert {"words a second, log scale", "mean score, %"} <= {text.text for text in svg.iter("text")}
    assert "ELMo: 93 at 4,000" in svg.find("desc").text
    assert not list(svg.iter("polyline"))
    assert "Means over 1 task: Parts of speech, EWT." in html


def test_no_plot_where_no_task_has_all_systems():
    html = alternatives(Runs([*make_runs(systems=["elmo"]), *make_runs("parsing", systems=["floret"])])).html
    assert "<svg" not in html
    assert "<table" in html


def test_nothing_but_the_two():
    assert alternatives(Runs(make_runs(systems=["tok2vec", "elmo"]))) is None
    assert alternatives(Runs([make_run()])) is None
