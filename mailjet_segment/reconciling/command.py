"""`mailjet-segment reconcile`: the tables against Mailjet's own counters."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import datetime, timezone
from pathlib import Path

from rich import box
from rich.table import Table

from mailjet_rest.client import Mailjet
from mailjet_rest.counters import HOUR_S
from mailjet_rest.windows import DAY_S
from mailjet_segment.analytics.answers import open_sources
from mailjet_segment.analytics.period import Period
from mailjet_segment.analytics.place import Place
from mailjet_segment.analytics.reconciled import Reconciled, write_reconciled
from mailjet_segment.configurations import read_configurations
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.reconciling.difference import MOST_NAMED, Difference, Outcome
from mailjet_segment.reconciling.listings import Account, Listings
from mailjet_segment.reconciling.reconciliation import RETRIED_S, Bounds, Reconciliation
from mailjet_segment.reconciling.tables import Tables
from program.failure import Failure
from source_mailjet_segment.config import parse_config

MOST_DAYS_NAMED = 10
"""Days and kinds in the sentence of a failure; the table and the JSON have all of them."""


def run_reconcile(
    paths: Sequence[Path], place: Place, period: Period, with_campaigns: bool, most_requests: int, as_json: bool
) -> None:
    """Compares, prints, and keeps the sentence for the report; raises `Failure` if a difference is not explained, or
    the sentence cannot be kept.
    """
    configs = [parse_config(source) for source in read_configurations(paths, None).sources]
    progress = Progress(make_console(quiet=as_json), time.monotonic)
    now = int(time.time())
    with ExitStack() as stack:
        tables = Tables(stack.enter_context(open_sources(place, say=progress.warn)))
        accounts = []
        for config in configs:
            api = Mailjet(config.api_url, config.api_key, config.api_key_secret, config.max_requests_per_second)
            stack.enter_context(closing(api))
            accounts.append(Account(api, config.start, config.engagement_days * DAY_S))
        bounds = make_bounds(accounts, tables, period, now)
        step = stack.enter_context(progress.step("Requests to Mailjet"))
        outcome = Reconciliation(tables, Listings(accounts, most_requests), bounds).run(with_campaigns, step.note)
        step.add(outcome.requests)
    if as_json:
        print(json.dumps(outcome.to_json()), flush=True)
    else:
        _show(outcome, progress)
    failures = [_complaint(outcome)] if outcome.red else []
    try:
        _keep(place, outcome)
    except Failure as failure:
        failures.append(failure.sentence)
    if failures:
        raise Failure(" ".join(failures))


def make_bounds(accounts: Sequence[Account], tables: Tables, period: Period, now: int) -> Bounds:
    """What can be compared: from `start_date`, or the period's begin, to the last reading; raises `Failure` if nothing.

    A period's bound inside an hour takes the hour in.
    """
    read_at = tables.last_read()
    if read_at is None:
        raise Failure("The tables hold no events yet: there is nothing to compare with Mailjet's counters.")
    earliest = min(account.start for account in accounts)
    first = max(earliest, int(period.since.timestamp()) if period.since else 0)
    last = min(read_at, now, int(period.until.timestamp()) if period.until else now)
    first, last = first - first % HOUR_S, -(-last // HOUR_S) * HOUR_S
    if first >= last:
        raise Failure(
            "There is nothing to compare: the period lies before start_date, or after the last event was read "
            f"({datetime.fromtimestamp(read_at, timezone.utc):%Y-%m-%d %H:%M} UTC)."
        )
    begun = frozenset(account.start - account.start % HOUR_S for account in accounts if account.start % HOUR_S)
    counted_by = -(-min(now, read_at + RETRIED_S) // HOUR_S) * HOUR_S
    return Bounds(first, last, earliest, begun, read_at - HOUR_S, max(last, counted_by), period.zone)


def _keep(place: Place, outcome: Outcome) -> None:
    found = Reconciled(
        at=datetime.now(timezone.utc).replace(microsecond=0),
        since=outcome.since,
        until=outcome.until,
        sentence=outcome.sentence,
        agrees=not outcome.red,
        events=sum(outcome.theirs.values()),
        unexplained=outcome.unexplained,
    )
    write_reconciled(place, found)


def _show(outcome: Outcome, progress: Progress) -> None:
    progress.say(f"\nFrom {outcome.since:%Y-%m-%d %H:%M} to {outcome.until:%Y-%m-%d %H:%M} UTC\n")
    table = _table("Events", "here", "at Mailjet")
    for kind, ours in outcome.ours.items():
        table.add_row(kind.replace("_", " "), f"{ours:,}", f"{outcome.theirs[kind]:,}")
    progress.console.print(table)
    if outcome.bots is not None:
        counted = "counts" if outcome.bots else "does not count"
        progress.say(f"\nMailjet {counted} opens and clicks by software that it recognises.")
    if outcome.differences:
        progress.console.print()
        _show_differences(outcome.differences, progress)
    progress.say(f"\n{outcome.sentence}", style="red" if outcome.red else "green")


def _show_differences(differences: Sequence[Difference], progress: Progress) -> None:
    with_campaigns = any(difference.campaign_id for difference in differences)
    heads = ["kind", *(["campaign"] if with_campaigns else []), "here", "at Mailjet"]
    table = _table("Day", *heads)
    table.add_column("why", overflow="fold")
    for difference in differences:
        table.add_row(
            str(difference.day),
            difference.kind.replace("_", " "),
            *([difference.campaign_id or ""] if with_campaigns else []),
            f"{difference.ours:,}",
            f"{difference.theirs:,}",
            _why(difference),
            style="red" if difference.unexplained else "dim",
        )
    progress.console.print(table)


def _why(difference: Difference) -> str:
    parts = [f"{abs(count):,} {reason}" for reason, count in difference.explained.items() if count]
    if difference.unexplained > 0:
        parts.append(f"{difference.unexplained:,} missing here")
    if difference.unexplained < 0:
        parts.append(f"{-difference.unexplained:,} more here than Mailjet counts")
    if difference.missing:
        parts.append(" ".join(difference.missing[:MOST_NAMED]))
    if difference.unexplained and not difference.is_looked_up:
        parts.append("not looked up: --max-requests")
    return "; ".join(parts)


def _complaint(outcome: Outcome) -> str:
    named = [f"{difference.day} ({difference.kind.replace('_', ' ')})" for difference in outcome.red]
    days = ", ".join(list(dict.fromkeys(named))[:MOST_DAYS_NAMED])
    more = len(set(named)) - MOST_DAYS_NAMED
    return (
        f"The tables differ from Mailjet's counters, and nothing explains it: {days}"
        f"{f' and {more} more' if more > 0 else ''}."
    )


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right" if name in {"here", "at Mailjet"} else "left", no_wrap=True)
    return table
