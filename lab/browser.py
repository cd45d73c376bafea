"""Debian's Chromium through Playwright, for what has to be seen as a browser shows it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
AXE = Path(__file__).parents[1] / "build" / "report-page" / "node_modules" / "axe-core" / "axe.min.js"
"""Finds what a screen reader cannot read; `make report-tools` brings it."""


class NoBrowserError(Exception):
    """There is no browser, or it does not start; the text says why."""


def find_browser() -> str | None:
    """The browser on the PATH; None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser without a window; raises `NoBrowserError`.

    Its own sandbox is off: it needs rights that a container does not give.
    """
    from playwright.sync_api import Error, sync_playwright

    if not find_browser():
        raise NoBrowserError("there is no Chromium on the PATH")
    with ExitStack() as stack:
        try:
            chromium = stack.enter_context(sync_playwright()).chromium  # by a driver in Node.js, which it brings
            browser = chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        except Error as error:
            raise NoBrowserError(error.message.splitlines()[0]) from None
        stack.callback(browser.close)
        yield browser
