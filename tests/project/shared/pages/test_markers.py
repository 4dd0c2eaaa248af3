"""What is put between comments of a page."""

import pytest

from project.shared.arguments import StepError
from project.shared.pages.markers import insert

PAGE = "before\n<!-- tables: a -->\nolder\n<!-- end of tables -->\nafter\n<!-- tables: b -->\n<!-- end of tables -->\n"


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(PAGE, encoding="utf8")
    return path


def test_lines_replace_what_was_there(page):
    for _ in range(2):
        insert(page, "tables: a", ["é", ""])
        assert page.read_text(encoding="utf8") == PAGE.replace("older\n", "\né\n\n")


def test_nothing_between_the_markers_before(page):
    insert(page, "tables: b", ["new", ""])
    assert page.read_text(encoding="utf8").endswith("<!-- tables: b -->\n\nnew\n\n<!-- end of tables -->\n")


@pytest.mark.parametrize("content", [b"", b"<!-- tables: a -->\n", PAGE.replace(": a", ": c").encode()])
def test_a_page_without_markers_is_left_alone(page, content):
    page.write_bytes(content)
    with pytest.raises(StepError, match="no lines <!-- tables: a -->"):
        insert(page, "tables: a", ["new"])
    assert page.read_bytes() == content


def test_what_is_no_text_is_named(page):
    page.write_bytes(b"\xff\xfe")
    with pytest.raises(StepError, match="not a text in UTF-8"):
        insert(page, "tables: a", ["new"])
