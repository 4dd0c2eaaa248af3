"""What the analyses found."""

from xml.etree import ElementTree

import pytest

from project.paper.scripts.pages.analyses import contexts, neighbors, senses, tags
from tests.support.paper import make_contexts, make_neighbors, make_senses, make_tags, read_tables

ALL = {contexts: make_contexts, neighbors: make_neighbors, senses: make_senses, tags: make_tags}


def test_senses_stand_beside_simple_guesses():
    rows = read_tables(senses(make_senses()).markdown)["Words with the right sense"]
    assert [list(row.values()) for row in rows] == [
        ["most frequent sense", "61.0%", "63.0%", ""],
        ["first sense of WordNet", "", "60.0%", "65.9"],
        ["layer 0", "60.0%", "61.0%", ""],
        ["layer 1", "62.0%", "63.0%", "67.4"],
        ["layer 2", "64.0%", "65.0%", "69.0"],
        ["average", "65.0%", "66.0%", ""],
    ]
    assert "5,000 words, 4,000 of them mapped" in senses(make_senses()).markdown


def test_parts_of_speech_have_intervals_and_unseen_words():
    rows = read_tables(tags(make_tags()).markdown)["Words with the right tag (xpos)"]
    assert list(rows[2].values()) == ["layer 1", "93.0%", "81.0 to 85.0", "83.0%", "97.3"]  # both intervals are "95%"
    assert "92.7 to 93.3" in tags(make_tags()).markdown


def test_of_several_models_the_newest_is_shown():
    rows = [{**row, "model": "other", "share": 0.1} for row in make_tags()]
    assert tags([*rows, *make_tags()]) == tags(make_tags())


def test_a_sample_takes_no_place_of_more_data():
    rows = [*make_tags(), *make_senses(), *make_neighbors()]
    fewer = [{**row, "limit": 40, "share": 0.1} for row in rows if row["analysis"] != "neighbors"]
    fewer += [{**row, "inputs": {}, "cosine": 0.1} for row in make_neighbors()]
    for make in (tags, senses, neighbors):
        assert make([*rows, *fewer]) == make(rows)


def test_neighbors_have_a_table_for_each_query():
    tables = read_tables(neighbors(make_neighbors()).markdown)
    rows = tables["They made a \\[play\\] on the grounder ."]
    assert list(rows[0].values()) == ["without context, 0.850", "game: The first sentence of a corpus ."]
    found = [row["vectors, cosine"].partition(",")[0] for row in rows]
    assert found == ["without context"] * 2 + ["layer 1"] * 2 + ["layer 2"] * 2
    assert len(tables) == 2


def test_contexts_are_in_order_of_their_size():
    rows = read_tables(contexts(make_contexts()[::-1]).markdown)["Right senses"]
    assert [row["words around it"] for row in rows] == ["0", "1", "2", "4", "8", "all"]
    assert rows[-1]["layer 2"] == "85.0%"


def test_contexts_are_a_plot():
    html = contexts(make_contexts()).html
    svg = ElementTree.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])
    assert {"words around it, on either side", "right sense, %", "all", "layer 0", "layer 2"} <= {
        text.text for text in svg.iter("text")
    }
    assert "layer 1: 50 at 0, 53.5 at 1" in svg.find("desc").text


@pytest.mark.parametrize("make", ALL)
def test_only_rows_of_the_newest_data_and_weights_are_shown(make):
    rows = ALL[make]()
    older = [{**row, "inputs": "older"} for row in rows]
    other = [{**row, "weights": "older"} for row in rows if row["model"]]
    assert make([*older, *other, *rows]) == make(rows)


@pytest.mark.parametrize("make", ALL)
def test_rows_that_are_none_are_left_out(make):
    rows = ALL[make]()
    broken = [{"analysis": row["analysis"], "inputs": row["inputs"]} for row in rows]
    broken += [{**row, "vectors": ["a"]} for row in rows]
    broken += [{**row, "model": ["a"]} for row in rows]
    assert make([*broken, *rows]) == make(rows)
    for wrong in (None, "a", [], float("nan"), 10**400):
        hollow = [{**row, **dict.fromkeys(("share", "cosine", "interval", "words", "text"), wrong)} for row in rows]
        make(hollow)


@pytest.mark.parametrize("make", ALL)
def test_no_rows(make):
    assert make([]) is None
    assert make([{"analysis": "another"}]) is None
