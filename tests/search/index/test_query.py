from collections.abc import Callable
from pathlib import Path

import pytest

from spacy_elmo.search.index import Index, open_index
from spacy_elmo.search.index.query import find_spans, parse_query, span_of


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("He saw a [play] .", ("He saw a play .", 9, 13)),
        ("[ play ] it", (" play  it", 1, 5)),
        ("[Play]", ("Play", 0, 4)),
        ("a\n[b]\nc", ("a\nb\nc", 2, 3)),
    ],
)
def test_the_word_in_brackets_has_its_place(query: str, found: tuple[str, int, int]):
    assert parse_query(query) == found


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("He saw a play .", "no word in brackets"),
        ("", "no word in brackets"),
        ("A [play] is a [play] .", "several brackets"),
        ("A [[play]] .", "several brackets"),
        ("A [play .", "a bracket without the other one"),
        ("A play] .", "a bracket without the other one"),
        ("A ]play[ .", "a bracket without the other one"),
        ("A [] .", "nothing between the brackets"),
        ("A [ \t] .", "only blanks between the brackets"),
    ],
)
def test_a_query_without_one_word_in_brackets_is_refused(query: str, problem: str):
    with pytest.raises(ValueError, match=f"^query '.*': {problem}; .*\\[play\\]"):
        parse_query(query)


@pytest.fixture
def index(more: Path, tmp_path: Path, build: Callable) -> Index:
    build(more)
    return open_index(tmp_path / "index")


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (
            "A [brilliant play] .",
            r"'brilliant play' in brackets is 2 words \(brilliant, play\); put the brackets around",
        ),
        ("I [don't] .", r"2 words \(do, n't\)"),
        ("I saw [play.]", r"2 words \(play, \.\)"),
        ("They [pla]yed .", "'pla' in brackets is a part of the word 'played'; put the brackets around all of it"),
    ],
)
def test_what_is_not_one_word_is_refused(index: Index, query: str, problem: str):
    with pytest.raises(ValueError, match=problem):
        index.nearest(query)


def test_the_query_is_read_in_the_sentence_around_it(index: Index):
    found = index.nearest("Nothing of it. A [cell] is a cell. Nothing.")
    assert (found[0].text, found[0].start) == ("A cell is a cell.", 2)
    assert found[0].cosine == pytest.approx(1, abs=1e-6)


def test_words_are_found_one_after_the_other():
    assert list(find_spans("a  aa, a", ["a", "aa", ",", "a"])) == [(0, 1), (3, 5), (5, 6), (7, 8)]
    assert span_of("a  aa, a", ["a", "aa", ",", "a"], 3) == (7, 8)
    with pytest.raises(ValueError, match="not found"):
        span_of("a", ["b"], 0)
