"""The report in a real browser, which opens it as a file. No test lets a request or a message pass."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from project.paper.scripts import report
from project.shared.workspace import Workspace
from tests.support.browsing import needs_browser, open_browser, watch_pages
from tests.support.paper import make_all_runs, make_rows, write_lines

pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as browser:
        yield browser


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_the_screen(browser: Any, workspace: Workspace, call: Callable, width: int):
    write_lines(workspace.results / "runs.jsonl", make_all_runs())
    write_lines(workspace.results / "analyses.jsonl", make_rows())
    assert call(report)[0] == 0
    with watch_pages(browser) as show:
        page = show(workspace.results / report.PAGE, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        plots = page.locator("svg")
        assert plots.count() == 4
        for i in range(plots.count()):
            box = plots.nth(i).bounding_box()
            assert 0 <= box["x"] <= box["x"] + box["width"] <= width
        page.locator("summary").first.click()
        assert page.locator("details table").first.is_visible()
