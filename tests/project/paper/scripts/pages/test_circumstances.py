"""The table of machine and software."""

from project.paper.scripts.pages.circumstances import circumstances
from project.paper.scripts.pages.figures import Runs
from tests.support.paper import make_run


def rows(*lines):
    section = circumstances(Runs(list(lines)))
    assert section is not None
    return section.markdown.splitlines()


def test_one_machine():
    assert "| machine | Linux, 2 cores |" in rows(make_run(), make_run("srl"))


def test_runs_of_several_machines_name_all_of_them():
    found = rows(make_run(), make_run("srl"), make_run("qa", machine="Linux, 16 cores", runs_at_a_time=16))
    assert "| machine | Linux, 2 cores (2 of the runs); Linux, 16 cores (1 of the runs) |" in found
    assert "| runs at a time | 2 (2 of the runs); 16 (1 of the runs) |" in found
    assert "| software | Python 3.11.7, spacy 3.8 |" in found


def test_hours_are_those_that_an_experiment_adds():
    shared = make_run(experiment=["tasks", "shares"], train_seconds=5400)
    found = rows(shared, make_run("srl", experiment=["shares"], train_seconds=900))
    assert "| tasks | 1 | 1.50 |" in found
    assert "| shares | 1 | 0.25 |" in found
