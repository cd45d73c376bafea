"""`make report-pictures`: the report of the demo's account as pictures, for the docs."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lab.browser import find_browser, open_browser
from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.analytics.place import duckdb_place
from mailjet_segment.configurations import Configurations
from mailjet_segment.demo import DAYS, MESSAGES
from mailjet_segment.orders_table import TABLE as ORDERS
from mailjet_segment.orders_table import write_orders
from mailjet_segment.report.command import Wanted, report_file, write_report
from mailjet_segment.sandbox_command import source_config
from mailjet_segment.sync.command import Choices, run_sync
from mailjet_segment.warehouse import open_warehouse

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
MOST_BYTES = 200_000

WINDOWS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1440, "height": 1000}},
    "dark": {"viewport": {"width": 1440, "height": 1000}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5},
    "paper": {"viewport": {"width": 794, "height": 1123}},
}
"""The windows that the pictures show; paper is A4 at 96 dots an inch."""
SECTIONS = {"campaigns": "campaigns", "providers": "providers", "clock": "clock", "afterwards": "conversions"}
"""Pictures of single sections."""


def take_pictures(report: Path, folder: Path) -> None:
    """Writes `report-*.png`; raises `RuntimeError` for one that is too large for the docs."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_browser() as browser:
        for name, window in WINDOWS.items():
            page = browser.new_page(**window)
            page.goto(report.as_uri())
            if name == "paper":
                page.emulate_media(media="print")
                page.evaluate("document.body.style.padding = '14mm 12mm'")  # of @page
            page.screenshot(path=folder / f"report-{name}.png")
            page.close()
        page = browser.new_page(**WINDOWS["desktop"])
        page.goto(report.as_uri())
        page.evaluate("document.querySelector('.switch').style.position = 'static'")
        for name, section in SECTIONS.items():
            page.locator(f"#{section}").screenshot(path=folder / f"report-{name}.png")
    for picture in folder.glob("report-*.png"):
        if picture.stat().st_size > MOST_BYTES:
            raise RuntimeError(f"{picture} has more than {MOST_BYTES:,} bytes.")


def _make_report(folder: Path) -> Path:
    database = folder / "mailjet-demo.duckdb"
    with Sandbox(messages=MESSAGES, days=DAYS, planted=True) as sandbox, redirect_stdout(StringIO()):
        run_sync(Configurations((source_config(sandbox),), None), Choices(database=database, quiet=True))
        with open_warehouse(database) as connection:
            write_orders(connection, sandbox.orders())
        place = replace(duckdb_place(database), conversions=ORDERS)
    report = report_file(place)
    write_report(place, Wanted(), report)
    return report


if __name__ == "__main__":
    if not find_browser():
        sys.exit("There is no Chromium on the PATH.")
    with TemporaryDirectory() as made:
        take_pictures(_make_report(Path(made)), PICTURES)
