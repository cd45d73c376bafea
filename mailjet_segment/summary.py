"""The tables at the end of a sync: events per collection, calls per event name, the funnel per campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from mailjet_segment.funnel import Funnel, total
from segment_events.kinds import TRACKS

WIDE = 110
"""Columns that a terminal needs for all figures."""

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


def to_funnel_table(funnels: Sequence[Funnel], width: int) -> Table:
    """A line for each of the largest campaigns, one for all; "bots only": only software opened or clicked them.

    In less than `WIDE` columns these two are left out.
    """
    is_wide = width >= WIDE
    last = _figures(total(funnels), is_wide)
    table = _table("Campaign", *(head for head, _ in last))
    names = Counter(funnel.campaign_name for funnel in funnels)
    for funnel in funnels[:MOST_CAMPAIGNS]:
        name = _name(funnel, is_shared=names[funnel.campaign_name] > 1)
        table.add_row(name, *(figure for _, figure in _figures(funnel, is_wide)))
    if len(funnels) > MOST_CAMPAIGNS:
        table.add_row(f"and {len(funnels) - MOST_CAMPAIGNS} more")
    table.add_section()
    table.add_row("all campaigns", *(figure for _, figure in last))
    return table


def to_rate(part: int, whole: int) -> str:
    """`12.3%`, or a dash if there is nothing to divide by."""
    return f"{100 * part / whole:.1f}%" if whole else "-"


def _name(funnel: Funnel, is_shared: bool) -> Text:
    """A campaign's name, with its id if others have the same name."""
    names = [funnel.campaign_name, funnel.campaign_id if is_shared or not funnel.campaign_name else None]
    return Text(" ".join(filter(None, names)) or "no campaign")


def _figures(funnel: Funnel, is_wide: bool) -> list[tuple[str, str]]:
    """The head of each column, and the figure below it."""

    def bots(count: int) -> list[tuple[str, str]]:
        return [("bots only", _number(count))] if is_wide else []

    return [
        ("delivered", _number(funnel.delivered)),
        ("opened", _with_rate(funnel.opened, funnel.opened_of_delivered, funnel.delivered)),
        *bots(funnel.opened_only_by_bots),
        ("clicked", _with_rate(funnel.clicked, funnel.clicked_of_delivered, funnel.delivered)),
        *bots(funnel.clicked_only_by_bots),
        ("unsub.", _with_rate(funnel.unsubscribed, funnel.unsubscribed_of_delivered, funnel.delivered)),
        ("bounced", _with_rate(funnel.bounced, funnel.bounced, funnel.bounced_or_delivered)),
        ("spam", _with_rate(funnel.spam, funnel.spam_of_delivered, funnel.delivered)),
    ]


def _with_rate(count: int, part: int, whole: int) -> str:
    return f"{_number(count)} {to_rate(part, whole):>5}"


def _number(count: int) -> str:
    return f"{count:,}"


def _table(first: str, *numbers: str) -> Table:
    """Numbers keep their width; a narrow terminal wraps the first column."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2 if len(numbers) < 3 else 1, 0, 0))
    table.add_column(first, min_width=10, max_width=40)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table
