"""What is markup, and what is said in it."""

import pytest

from project.language.scripts.cleaning import markup
from project.language.scripts.cleaning.markup import is_markup, read_markup, strip_markup


def text_of(content):
    return " ".join("".join(read_markup([content], content)).split())


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<p>Le premier.</p>\nLe deuxième.\nLe troisième.\n", False),
        ("<br>Le premier.\nLe deuxième <br> et le troisième.\n", False),
        ("<p>Le premier.</p>\n<p>Le deuxième.</p>\n<p>Le troisième.</p>\n", True),
        ("\n<html>Le premier.", True),
        ("<doc id='1'>\nLe premier.", True),
        ("<!-- page --> Le premier.", True),
    ],
)
def test_one_tag_of_a_paragraph_is_no_markup(head, expected):
    assert is_markup(head) is expected


def test_tags_that_are_escaped():
    assert strip_markup("Le &lt;b&gt;vieux&lt;/b&gt; chat&lt;br /&gt;").split() == ["Le", "vieux", "chat"]
    assert strip_markup("Le chat&amp;lt;br&amp;gt;").split() == ["Le", "chat"]
    assert strip_markup("1 &lt; 2 &amp;amp; 3") == "1 < 2 & 3"


@pytest.mark.parametrize("tag", ["svg", "template"])
def test_what_is_never_closed_is_not_skipped(tag):
    assert text_of(f"<html><p>Un</p><{tag}><b>deux</b></{tag}><p>trois</p>") == "Un trois"
    assert text_of(f"<html><p>Un</p><{tag}><style>p {{}}</style><p>deux</p>") == "Un deux"


def test_the_end_of_what_is_skipped_may_be_in_another_piece():
    pieces = ["<html>Un<svg>de", "ux</svg> trois<svg>", " qu", "atre"]
    assert "".join(read_markup(pieces, pieces[0])) == "\nUn trois quatre"


def test_the_end_is_waited_for_a_while(monkeypatch):
    monkeypatch.setattr(markup, "LONGEST", 10)
    pieces = read_markup(["<svg>Un</p>", "<p>deux trois quatre</p>", "<p>cinq</p>", "</svg>six"], "<html>")
    assert [piece.split() for piece in pieces] == [[], ["Un", "deux", "trois", "quatre"], ["cinq"], ["six"], []]
