"""The page in a real browser, which opens it as a file. No test lets a request or an error pass."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spacy_elmo.search.index import build_index, open_index, write_neighbors
from spacy_elmo.search.page import Entry, Use, write_entries
from tests.support.browsing import needs_browser, open_browser, watch_pages
from tests.support.uses import make_entry

pytestmark = needs_browser
BANK = make_entry("bank", ["money", "money", "money", "river", "river", "river"])
HOSTILE = "</script><img src=x onerror=alert(1)> \"' 😀 שלום \u202e"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def look(browser: Any, tmp_path: Path) -> Iterator[Callable]:
    """Open a page of entries."""
    with watch_pages(browser) as show:

        def open_page(*entries: Entry, width: int = 1280, **settings: Any) -> Any:
            if entries:
                write_entries(tmp_path / "page.html", entries, title="Words & <senses>")
            return show(tmp_path / "page.html", width, **settings)

        yield open_page


def places(page: Any) -> list[str]:
    return page.eval_on_selector_all(".point", "points => points.map(point => point.getAttribute('transform'))")


def click(page: Any, number: int) -> None:
    """Click on the point of a use."""
    box = page.locator(".point .mark").nth(number).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def chosen(page: Any) -> list[str]:
    """Return the number of the use that is chosen, as the points, the contexts and the details have it."""
    point = page.locator(".point[aria-selected=true]").get_attribute("aria-label").partition(",")[0]
    row = page.locator("#rows tr.chosen td").first.inner_text()
    return [point, row, page.locator("#chosen h2").inner_text().strip().partition(",")[0]]


def test_it_begins_at_the_top_layer_with_the_first_use(look: Callable):
    page = look(BANK)
    assert page.locator("h1").inner_text() == "Words & <senses>"
    assert page.locator("#shown").inner_text() == "Layer 2"
    assert chosen(page) == ["1", "1", "1"]
    assert page.locator("#legend").inner_text().split() == ["money", "(3)", "river", "(3)"]
    assert page.locator("#menu").is_hidden()


def test_a_click_on_a_point_chooses_it_everywhere(look: Callable):
    page = look(BANK)
    click(page, 4)
    assert chosen(page) == ["5", "5", "5"]
    assert "Before 4 the bank after 4." in page.locator("#chosen").inner_text()
    assert "file 4" in page.locator("#chosen").inner_text()
    assert page.locator("#tip").inner_text() == "Before 4 the bank after 4."
    said = page.locator("#said").inner_text()
    assert said.startswith("Chosen: 5, river: Before 4 the bank after 4. Nearest in layer 2: ")
    assert re.search(r": [46], river, cosine 0\.\d\d\.$", said)


def test_a_click_on_a_context_chooses_its_point(look: Callable):
    page = look(BANK)
    page.locator("#rows tr").nth(2).locator("td.left").click()
    assert chosen(page) == ["3", "3", "3"]
    page.keyboard.press("ArrowDown")
    assert chosen(page) == ["4", "4", "4"]


def test_the_nearest_uses_are_listed_and_lead_on(look: Callable):
    page = look(BANK)
    assert page.locator("#nearest thead").inner_text().strip().split("\t") == ["Use", "layer 0", "layer 1", "layer 2"]
    assert page.locator("#nearest tbody tr").count() == 5
    cosines = page.locator("#nearest tbody tr").first.inner_text().split()[-3:]
    assert re.fullmatch(r"1\.00 0\.\d\d 0\.\d\d", " ".join(cosines))
    first = page.locator("#nearest button").first
    number = first.inner_text().split()[0]
    first.click()
    assert chosen(page) == [number] * 3


def test_the_slider_moves_the_points(look: Callable):
    page = look(BANK)
    top = places(page)
    assert len(set(top)) == 6
    page.locator("#layer").fill("0")
    assert set(places(page)) == {"translate(0,0)"}
    assert "all 6 uses" in page.locator("#points").text_content()
    page.locator("#layer").press("ArrowRight")
    assert page.locator("#shown").inner_text() == "Layer 1"
    assert len(set(places(page)) | set(top)) == 12
    page.locator("#layer").press("End")
    assert places(page) == top


def test_points_glide_where_motion_is_welcome(look: Callable):
    page = look(BANK, motion="no-preference", clock=True)
    top = places(page)
    page.locator("#layer").fill("0")
    page.clock.run_for(300)
    assert len({*places(page), *top, "translate(0,0)"}) == 13
    page.clock.run_for(1000)
    assert set(places(page)) == {"translate(0,0)"}


def test_play_goes_through_the_layers_and_stops_at_the_top(look: Callable):
    page = look(BANK, clock=True)
    page.locator("#play").click()
    seen = [(page.locator("#shown").inner_text(), page.locator("#play").inner_text())]
    for _ in range(2):
        page.clock.run_for(1600)
        seen.append((page.locator("#shown").inner_text(), page.locator("#play").inner_text()))
    assert seen == [("Layer 0", "Stop"), ("Layer 1", "Stop"), ("Layer 2", "Play")]


def test_keys_go_to_the_nearest_point_in_their_direction(look: Callable):
    page = look(BANK)
    where = np.array([re.findall(r"[-\d.]+", place) for place in places(page)], float)
    page.locator(".point[tabindex='0']").focus()
    for key, direction in [("ArrowRight", (1, 0)), ("ArrowDown", (0, 1)), ("ArrowLeft", (-1, 0)), ("ArrowUp", (0, -1))]:
        start = int(chosen(page)[0]) - 1
        way = where - where[start]
        far = np.hypot(*way.T)
        is_ahead = (far > 0) & (way @ direction >= far / 2)
        expected = np.where(is_ahead, far, np.inf).argmin() if is_ahead.any() else start
        page.keyboard.press(key)
        assert chosen(page) == [str(expected + 1)] * 3
        assert page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"


def test_keys_go_through_all_in_order(look: Callable):
    page = look(BANK)
    page.locator(".point[tabindex='0']").focus()
    for key, number in [("End", "6"), ("PageUp", "5"), ("PageDown", "6"), ("PageDown", "6"), ("Home", "1")]:
        page.keyboard.press(key)
        assert chosen(page) == [number] * 3


def test_arrows_go_through_all_in_order_where_all_are_in_one_place(look: Callable):
    page = look(BANK)
    page.locator("#layer").fill("0")
    page.locator(".point[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert chosen(page) == ["3", "3", "3"]
    page.keyboard.press("ArrowLeft")
    assert chosen(page) == ["2", "2", "2"]


def test_the_points_are_one_stop_of_the_tab_key(look: Callable):
    page = look(BANK)
    assert page.locator(".point[tabindex='0']").count() == 1
    page.locator("#layer").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "option"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"


def test_search_leaves_the_contexts_that_have_the_words(look: Callable):
    page = look(BANK)
    page.locator("#search").fill("BEFORE 3")
    assert page.locator("#found").inner_text() == "1 of 6"
    assert page.locator("#rows tr:visible").count() == 1
    assert page.locator(".point.off").count() == 5
    page.locator("#search").fill("river")
    assert page.locator("#rows tr:visible").count() == 3
    page.locator("#search").fill("")
    assert page.locator(".point.off").count() == 0


def test_a_menu_has_the_words(look: Callable):
    page = look(BANK, make_entry("play", [None] * 8))
    page.locator("#word").select_option(label="play")
    assert page.locator(".point").count() == page.locator("#rows tr").count() == 8
    assert "8 uses of “play”" in page.locator("#about").inner_text()
    assert page.locator("#legend").inner_text().split() == ["group", "1", "(4)", "group", "2", "(4)"]


def test_one_use_in_one_layer(look: Callable):
    _, uses, vectors, *_ = make_entry("bank", [None])
    page = look(Entry("bank", uses, vectors[:1]))
    assert page.locator("#layers").is_hidden()
    assert "No other use." in page.locator("#chosen").inner_text()


def test_the_neighbors_of_a_query(look: Callable, tmp_path: Path, tiny_model: Path):
    (tmp_path / "a.txt").write_text("They play a game.\nWe play on.\nA play was long.", encoding="utf8")
    build_index([tmp_path / "a.txt"], tmp_path / "index", model=str(tiny_model), n_process=1)
    index, query = open_index(tmp_path / "index"), "He saw a [play] ."
    write_neighbors(tmp_path / "page.html", index, query, index.nearest(query, same_word=True))
    page = look()
    assert page.locator("#about").inner_text().startswith("“play” in the query, which is use 1, and the 3 nearest uses")
    assert "the query" in page.locator("#chosen").inner_text()
    top = places(page)
    page.locator("#layer").fill("0")
    assert set(places(page)) == {"translate(0,0)"}
    page.locator("#layer").fill("2")
    assert places(page) == top
    click(page, 2)
    assert chosen(page) == ["3", "3", "3"]


def test_the_one_layer_of_an_index_has_its_name(look: Callable, tmp_path: Path, tiny_model: Path):
    (tmp_path / "a.txt").write_text("They play a game.\nWe play on.", encoding="utf8")
    build_index([tmp_path / "a.txt"], tmp_path / "index", model=str(tiny_model), layers="average", n_process=1)
    index, query = open_index(tmp_path / "index"), "He saw a [play] ."
    write_neighbors(tmp_path / "page.html", index, query, index.nearest(query))
    page = look()
    assert page.locator("#layers").is_hidden()
    assert page.locator("#nearest thead").inner_text().strip().split("\t") == ["Use", "the average of all layers"]
    assert "groups by the average of all layers." in page.locator("#about").inner_text()


def test_text_stays_text(look: Callable):
    page = look(Entry(HOSTILE, [Use(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)] * 2, BANK.vectors[:, :2]))
    click(page, 1)
    assert page.locator("img").count() == 0
    assert page.locator("#chosen mark").inner_text() == HOSTILE


def test_right_to_left_text_has_its_context_on_its_sides(look: Callable):
    uses = [Use("היום יום ", "שלום", " לכולם"), Use("אמר ", "שלום", " והלך")]
    page = look(Entry("שלום", uses, BANK.vectors[:, :2]))
    row = page.locator("#rows tr").first
    assert row.locator("td.left").bounding_box()["x"] > row.locator("td.right").bounding_box()["x"]


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits_the_width_of_a_screen(look: Callable, width: int):
    page = look(make_entry("bank", ["a very long name of a sense " * 3, None] * 20, side=100 * "word "), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#scroll").evaluate("box => box.scrollWidth <= box.clientWidth")
    assert page.locator("#rows td.left").first.bounding_box()["width"] > 60


def test_contexts_are_aligned_at_the_word(look: Callable):
    page = look(make_entry("bank", [None] * 12, side="some words "))
    columns = {cell.bounding_box()["x"] for cell in page.locator("#rows td.word").all()}
    assert len(columns) == 1
