"""Where paragraphs begin and end."""

import textwrap

import pytest

from project.language.scripts.cleaning.lines import LONGEST_PARAGRAPH, cut, is_wrapped, read_documents

HEBREW = "הילדים הלכו אל הים בבוקר וחזרו רק בערב כי היה חם מאוד ולא רצו לצאת מן המים. " * 30


def paragraphs(lines):
    return [paragraph for document in read_documents(lines, str.strip) for paragraph in document]


@pytest.mark.parametrize("first", ["", "Project Gutenberg", "http://example.org/hebrew/text"])
def test_wrapped_lines_of_a_script_without_case(first):
    lines = textwrap.wrap(HEBREW, 70)
    assert " ".join(lines) in paragraphs([first, "", *lines])


def test_lines_of_a_script_with_case_are_judged_by_it():
    assert not is_wrapped(["Der Schnee liegt noch lange auf den Bergen und im Tal"] * 20)


@pytest.mark.parametrize("end", "։።။།។۔॥。")
def test_ends_of_sentences_of_other_scripts(end):
    text = "".join(f"{'ሀለ ' * (8 + i % 5)}ሀ{end} " for i in range(300))
    pieces = list(cut(text))
    assert len(pieces) > 1
    assert all(piece.rstrip().endswith(end) and len(piece) <= LONGEST_PARAGRAPH for piece in pieces)


@pytest.mark.parametrize("end", "።။།។")
def test_sentences_of_equal_length_are_paragraphs(end):
    lines = [f"እኔ ወደ ቤት እሄዳለሁ ብሎ ነገረኝ በጣም ደስ አለኝ {i}{end}" for i in range(100, 200)]
    assert paragraphs(lines) == lines
