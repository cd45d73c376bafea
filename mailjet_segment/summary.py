"""The tables at the end of a sync: events per collection, calls per event name, the funnel per campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from mailjet_segment.analytics.metrics import metrics
from mailjet_segment.funnel import Funnel
from segment_events.kinds import TRACKS

WIDE = 110
"""Columns that a terminal needs for all figures."""

NARROW = ("open_rate", "click_rate", "unsubscribe_rate", "hard_bounce_rate", "complaint_rate")
"""The rates beside the delivered messages, each with its count before it."""
ALL_RATES = (
    "open_rate",
    "privacy_open_share",
    "bot_open_share",
    "click_rate",
    "unsubscribe_rate",
    "hard_bounce_rate",
    "soft_bounce_rate",
    "complaint_rate",
)
"""The same in a wide terminal."""
COUNT_OF = {
    "open_rate": "opened",
    "click_rate": "clicked",
    "unsubscribe_rate": "unsubscribed",
    "hard_bounce_rate": "bounced_hard",
    "soft_bounce_rate": "bounced_soft",
    "complaint_rate": "complained",
}

MOST_CAMPAIGNS = 15
"""Campaigns shown by name; the others are in the total, and in the database."""


def to_tables_table(loaded: Mapping[str, int], rows: Mapping[str, int]) -> Table:
    """Rows of each table, and how many events were loaded into it; each event is in `tracks` too."""
    table = _table("In DuckDB", "loaded", "all")
    new = {**loaded, TRACKS: sum(count for stream, count in loaded.items() if stream in rows)}
    for stream, count in rows.items():
        table.add_row(stream, _number(new.get(stream, 0)), _number(count))
    return table


def to_calls_table(title: str, calls: Mapping[str, int]) -> Table:
    """Track calls of each event name, and all of them."""
    table = _table(title, "calls")
    for event in sorted(calls, key=lambda name: (-calls[name], name)):
        table.add_row(Text(event), _number(calls[event]))
    table.add_section()
    table.add_row("all", _number(sum(calls.values())))
    return table


def to_funnel_table(funnels: Sequence[Funnel], total: Funnel, width: int) -> Table:
    """A line for each of the largest campaigns, one for all: the metrics of people, under their short titles.

    In less than `WIDE` columns the opens by software and the soft bounces are left out.
    """
    rates = ALL_RATES if width >= WIDE else NARROW
    table = _table("Campaign", metrics()["delivered"].short, *(metrics()[rate].short for rate in rates))
    names = Counter(funnel.campaign_name for funnel in funnels)
    for funnel in funnels[:MOST_CAMPAIGNS]:
        table.add_row(_name(funnel, is_shared=names[funnel.campaign_name] > 1), *_figures(funnel, rates))
    if len(funnels) > MOST_CAMPAIGNS:
        table.add_row(f"and {len(funnels) - MOST_CAMPAIGNS} more")
    table.add_section()
    table.add_row("all campaigns", *_figures(total, rates))
    return table


def to_rate(share: float | None) -> str:
    """`12.3%`, or a dash if there is nothing to divide by."""
    return "-" if share is None else f"{100 * share:.1f}%"


def _name(funnel: Funnel, is_shared: bool) -> Text:
    """A campaign's name, with its id if others have the same name."""
    names = [funnel.campaign_name, funnel.campaign_id if is_shared or not funnel.campaign_name else None]
    return Text(" ".join(filter(None, names)) or "no campaign")


def _figures(funnel: Funnel, rates: Sequence[str]) -> list[str]:
    return [_number(_of_people(funnel, "delivered")), *(_with_count(funnel, rate) for rate in rates)]


def _with_count(funnel: Funnel, rate: str) -> str:
    share = to_rate(_of_people(funnel, rate))
    return f"{_number(_of_people(funnel, COUNT_OF[rate]))} {share:>5}" if rate in COUNT_OF else share


def _of_people(funnel: Funnel, name: str) -> float | None:
    """The figure of people, where a metric has one for each audience."""
    return funnel.figures[metrics()[name].columns[0]]


def _number(count: float | None) -> str:
    return f"{count or 0:,.0f}"


def _table(first: str, *numbers: str) -> Table:
    """Numbers keep their width; a narrow terminal wraps the first column."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2 if len(numbers) < 3 else 1, 0, 0))
    table.add_column(first, min_width=10, max_width=40)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table
