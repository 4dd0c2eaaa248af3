"""The report in a real browser, which opens it as a file. No test lets a request or a message pass."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from project.language.scripts import report
from tests.support.browsing import needs_browser, open_browser, playwright, watch_pages
from tests.support.languages import BASELINE, ELMO, make_settings, write_all

pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def look(browser: Any, job: Any, call: Callable, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable]:
    """Write a report with all its parts and open it."""
    with watch_pages(browser) as show:

        def open_page(width: int, *, lang: str = "it") -> Any:
            job.keep(make_settings(lang=lang, text=[f"/{'long' * 40}.txt"]))
            pipelines = write_all(job, lang=lang)
            monkeypatch.setattr(
                report.spacy, "load", lambda path: pipelines[ELMO if f"-{ELMO}-" in path.name else BASELINE]
            )
            assert call(report, "--lang", "it")[0] == 0
            return show(job.results / report.PAGE, width)

        yield open_page


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_the_screen_and_shows_the_parses(look: Callable, width: int):
    page = look(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".displacy").count() == 6
    assert page.locator(".displacy").first.bounding_box()["height"] > 50
    assert page.locator(".number b").first.inner_text() == "87.1"


def test_keys_reach_all_sections_and_scroll_wide_tables(look: Callable):
    page = look(390)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#scores"
    box = page.locator(".scroll").first
    box.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    playwright.expect(box).not_to_have_js_property("scrollLeft", 0)  # tried again without what the page forbids


def test_right_to_left_sentences_are_shown_so(look: Callable):
    page = look(1280, lang="ar")
    words = page.locator(".displacy").first.locator(".displacy-word")
    assert words.first.bounding_box()["x"] > words.last.bounding_box()["x"]
