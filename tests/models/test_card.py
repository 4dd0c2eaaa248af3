"""Model cards."""

from typing import Any

import pytest
import srsly

from spacy_elmo.models.card import make_card, table_rows
from spacy_elmo.models.describe import describe_model


def matter(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the front matter of a card."""
    _, text, _ = make_card(facts).split("---\n", 2)
    return srsly.yaml_loads(text)


@pytest.fixture
def facts() -> dict[str, Any]:
    return describe_model("en_elmo_sm")


def test_the_front_matter_is_that_of_hubs(facts: dict[str, Any]):
    expected = {"language": "en", "license": "cc-by-sa-4.0", "library_name": "spacy"}
    assert matter(facts) == {**expected, "tags": ["spacy", "elmo", "token-embeddings"]}


def test_a_license_that_hubs_do_not_know_is_named(facts: dict[str, Any]):
    found = matter({**facts, "license": "Ask: us"})
    assert (found["license"], found["license_name"]) == ("other", "Ask: us")


def test_what_is_not_known_is_left_out(facts: dict[str, Any]):
    known = {key: facts[key] for key in ("path", "config", "width", "parameters", "dtype", "bytes", "vocabulary")}
    assert set(matter(known)) == {"library_name", "tags"}


def test_all_that_people_are_told_is_in_the_card(facts: dict[str, Any]):
    card = make_card(facts)
    assert all(text in card for title, text in table_rows(facts) if title != "Path")


def test_facts_break_no_table(facts: dict[str, Any]):
    card = make_card({**facts, "version": "1 | 2\n3 <b>"})
    assert r"| Version | 1 \| 2 3 &lt;b> |" in card
