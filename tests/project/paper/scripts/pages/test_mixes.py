"""Weights of the layers by task."""

import pytest

from project.paper.scripts.pages.figures import Runs
from project.paper.scripts.pages.mixes import find_mixes, mixes
from tests.support.paper import make_run, read_tables


def make_mix(*weights, place="input", gamma=1.0):
    return {"component": "tagger", "place": place, "weights": list(weights), "gamma": gamma}


def test_weights_are_means_over_seeds():
    lines = [
        make_run(system="elmo", mixes=[make_mix(0.2, 0.6, 0.2)]),
        make_run(system="elmo", seed=1, mixes=[make_mix(0.4, 0.4, 0.2, gamma=2.0)]),
    ]
    (row,) = read_tables(mixes(Runs(lines)).markdown)["Weights and γ"]
    assert list(row.values()) == ["Parts of speech, EWT: before the encoder", "0.300", "0.500", "0.200", "1.50"]
    html = mixes(Runs(lines)).html
    assert '<td style="--share:0.50">0.50</td>' in html
    assert "layer 2" in html


def test_places_are_rows():
    both = [make_mix(0.5, 0.5), make_mix(0.4, 0.6, place="output")]
    lines = [
        make_run("srl", "elmo"),
        make_run("srl", "elmo", experiment=["places"], variant={"place": "output"}, mixes=both[1:]),
        make_run("srl", "elmo", experiment=["places"], variant={"place": "both"}, mixes=both),
    ]
    rows = read_tables(mixes(Runs(lines)).markdown)["Weights and γ"]
    assert [row[""].partition(": ")[2] for row in rows] == [
        *("before the encoder", "behind it", "before the encoder, of both", "behind it, of both")
    ]
    assert rows[1]["layer 2"] == ""


def test_the_place_before_the_encoder_is_a_row_where_the_task_has_both():
    both = [make_mix(0.5, 0.5), make_mix(0.4, 0.6, place="output")]
    lines = [
        make_run("qa", "elmo", variant={"place": "both"}, mixes=both),
        make_run("qa", "elmo", experiment=["places"], variant={"place": "input"}, share=0.1, mixes=both[:1]),
    ]
    found = list(find_mixes(Runs(lines)))
    assert [(mix.place, mix.is_alone) for mix in found] == [("input", False), ("output", False), ("input", True)]
    rows = read_tables(mixes(Runs(lines)).markdown)["Weights and γ"]
    assert rows[2][""] == "Questions, QAMR, 10% of the data: before the encoder"


@pytest.mark.parametrize(
    "mix",
    [3, {}, make_mix(), make_mix("a"), make_mix(0.5, float("nan")), {**make_mix(1.0), "place": 3}, make_mix(None)],
)
def test_what_is_no_mix_is_left_out(mix):
    assert list(find_mixes(Runs([make_run(system="elmo", mixes=[mix])]))) == []


def test_another_number_of_layers_is_left_out():
    lines = [
        make_run(system="elmo", seed=i, mixes=[make_mix(*weights)]) for i, weights in enumerate([(0.2, 0.8), (1.0,)])
    ]
    (found,) = find_mixes(Runs(lines))
    assert found.weights == [0.2, 0.8]


def test_no_runs():
    assert mixes(Runs([make_run()])) is None
