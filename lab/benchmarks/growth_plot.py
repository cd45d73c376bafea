"""Draws the table of growth: `python -m lab.benchmarks.growth_plot docs/scale.md docs/scale.svg`.

The figures are read from the first table of the page, so that the plot shows what the table says.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_PANELS: Mapping[str, str] = {
    "requests": "requests to Mailjet",
    "CPU": "CPU seconds of the source",
    "state": "state, bytes",
}
_SYNCS = {"first": "first sync of 60 days", "a day later": "the sync a day later"}


def main() -> None:
    """Reads the page, draws."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("plot", type=Path)
    given = parser.parse_args()
    draw(list(rows(given.page.read_text("utf-8"))), given.plot)


def rows(page: str) -> Iterator[dict[str, str]]:
    """The rows of the first table of a Markdown page, by column; a cell that is left empty repeats the one above."""
    lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in page.splitlines() if "|" in line]
    head, _, *body = lines
    above = dict.fromkeys(head, "")
    for cells in body:
        if len(cells) != len(head) or not re.match(r"[\d,]*$", cells[0]):
            return
        above = {name: cell or above[name] for name, cell in zip(head, cells, strict=True)}
        yield above


def draw(table: list[dict[str, str]], plot: Path) -> None:
    """A panel for each of `_PANELS`, a line for each sync, over the size of the account."""
    from matplotlib import pyplot

    pyplot.rcParams["svg.hashsalt"] = "scale"
    figure, panels = pyplot.subplots(1, len(_PANELS), figsize=(11, 3.4), layout="constrained")
    for panel, (column, title) in zip(panels, _PANELS.items(), strict=True):
        for sync, name in _SYNCS.items():
            points = [(number(row["messages"]), number(row[column])) for row in table if row["sync"] == sync]
            panel.plot(*zip(*points, strict=True), marker="o", label=name)
        panel.set(xscale="log", yscale="log", title=title, xlabel="messages of the account")
        panel.grid(alpha=0.3)
    panels[0].legend(frameon=False)
    figure.savefig(plot, metadata={"Date": None})


def number(cell: str) -> float:
    """The number that a cell begins with."""
    found = re.match(r"[\d,.]+", cell)
    if not found:
        raise ValueError(f"A cell of the table has no number: {cell!r}.")
    return float(found[0].replace(",", ""))


if __name__ == "__main__":
    main()
