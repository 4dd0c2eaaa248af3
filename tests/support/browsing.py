"""A real browser, which opens pages as files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the extra `test`")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="needs chromium or google-chrome on the path")


@contextmanager
def open_browser() -> Iterator[Any]:
    """Start the browser, and close it in the end."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def watch_pages(browser: Any) -> Iterator[Callable[[Path, int], Any]]:
    """Open files in windows of a width. In the end, nothing may have gone wrong, been said, or left the page."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_page(path: Path, width: int, *, motion: str = "reduce", clock: bool = False) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, reduced_motion=motion))
        page = contexts[-1].new_page()
        address = path.as_uri()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("request", lambda request: request.url == address or wrong.append(request.url))
        if clock:
            page.clock.install()
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
