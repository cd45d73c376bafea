"""When a browser shows the page of a report: one way to look for the tests and the benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CAMPAIGNS = 5_000
"""Of a large report."""

_LIMIT_MS = 60_000
_WATCH = f"""
window.watched = (async () => {{
  const frame = () => new Promise(requestAnimationFrame);
  const shown = async (isThere) => {{
    while (!isThere()) {{
      if (performance.now() > {_LIMIT_MS}) throw new Error(`not there after {_LIMIT_MS} ms: ${{isThere}}`);
      await frame();
    }}
    await frame(); // the frame with it has been painted
    return performance.now() / 1000;
  }};
  // The section after the table's is there: so are all of its rows. All pictures are drawn in one go.
  const table_s = await shown(() => document.querySelector("#campaigns + section"));
  return [table_s, await shown(() => document.querySelector("figure[data-picture] svg"))];
}})();
"""
_SORT = """
new Promise((done) => {
  const began = performance.now();
  document.querySelector("#campaigns-table th:nth-child(6) button").click();
  requestAnimationFrame(() => requestAnimationFrame(() => done((performance.now() - began) / 1000)));
})
"""


class Opening(NamedTuple):
    """Seconds from the navigation until the whole table of campaigns was shown, and until all pictures were drawn.

    `sorted_s`: how long it took then to sort the table by the open rate.
    """

    table_s: float
    pictures_s: float
    sorted_s: float


def watch_opening(browser: Browser, file: Path) -> Opening:
    """Opens a report as for the first time, and sorts its table.

    Raises Playwright's `Error` if it is not shown within a minute.
    """
    context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.add_init_script(_WATCH)
        page.goto(file.as_uri())
        table_s, pictures_s = page.evaluate("watched")
        return Opening(table_s, pictures_s, page.evaluate(_SORT))
    finally:
        context.close()
