"""Scores by the share of the training data."""

from xml.etree import ElementTree

import pytest

from project.paper.scripts.pages.figures import Runs
from project.paper.scripts.pages.shares import find_enough, shares
from tests.support.paper import make_run, read_tables


def make_runs(with_elmo, without, seeds=1):
    found = {"elmo": with_elmo, "tok2vec": without}
    return [
        make_run("tagging", system, score + seed / 100, seed=seed, share=share, experiment=["shares"])
        for system, own in found.items()
        for share, score in own.items()
        for seed in range(seeds)
    ]


RUNS = Runs(make_runs({0.01: 0.7, 0.025: 0.8, 1.0: 0.95}, {0.01: 0.6, 1.0: 0.9}, seeds=3))


def test_table():
    rows = read_tables(shares(RUNS).markdown)["Parts of speech, EWT, all figures"]
    assert [list(row.values()) for row in rows] == [
        ["1%", "61.00 ±1.00", "71.00 ±1.00", "+10.00 ±0.00"],
        ["2.5%", "", "81.00 ±1.00", ""],
        ["100%", "91.00 ±1.00", "96.00 ±1.00", "+5.00 ±0.00"],
    ]


def test_plot_has_both_systems_on_a_log_scale():
    html = shares(RUNS).html
    svg = ElementTree.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])
    said = [text.text for text in svg.iter("text")]
    assert {"baseline", "ELMo", "1", "2.5", "100", "share of the training data, %, log scale", "XPOS on dev, %"} <= {
        *said
    }
    assert "ELMo: 71 ±1 at 1, 81 ±1 at 2.5, 96 ±1 at 100" in svg.find("desc").text
    assert len([path for path in svg.iter("path") if "spread" in path.attrib["class"]]) == 5
    lines = [line.attrib["points"].split() for line in svg.iter("polyline")]
    first, second, last = (float(point.split(",")[0]) for point in lines[1])
    assert (second - first) / (last - first) == pytest.approx(0.199, abs=0.001)  # log 2.5 / log 100


def test_a_single_share_is_none():
    assert shares(Runs(make_runs({1.0: 0.9}, {1.0: 0.8}))) is None


@pytest.mark.parametrize(
    ("with_elmo", "without", "enough"),
    [
        ({0.1: 0.8, 0.25: 0.9, 1.0: 0.95}, {0.1: 0.7, 1.0: 0.9}, (0.25, 1.0)),
        ({0.1: 0.8, 1.0: 0.85}, {1.0: 0.9}, None),
        ({0.1: 0.8}, {}, None),
        ({}, {1.0: 0.9}, None),
    ],
)
def test_the_share_that_is_enough(with_elmo, without, enough):
    assert find_enough(Runs(make_runs(with_elmo, without)), "tagging") == enough


def test_no_runs():
    assert shares(Runs([make_run()])) is None
