"""The page: one HTML file that asks the network for nothing and runs only its own script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import PurePath
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from mailjet_segment.report import formats
from mailjet_segment.report.audience import AUDIENCES, Figure
from mailjet_segment.report.campaigns import CURVE_HOURS
from mailjet_segment.report.clock import WEEKDAYS
from mailjet_segment.report.content import Content
from mailjet_segment.report.instants import to_local
from mailjet_segment.report.privacy import cleaner
from mailjet_segment.report.providers import LIMIT_LINE, WARNING_LINE

MOST_DOTS = 500
MOST_BARS = 12
KEY_FIGURES = (
    "delivery_rate",
    "open_rate",
    "click_rate",
    "click_to_open_rate",
    "unsubscribe_rate",
    "complaint_rate",
    "median_time_to_open",
    "identity_coverage",
)
STEPS = ("messages", "delivered", "opened", "clicked")
FUNNEL = (
    ("messages", None),
    ("delivered", "delivery_rate"),
    ("opened", "open_rate"),
    ("clicked", "click_to_open_rate"),
)
"""The steps from sent to clicked, each with the rate that compares it with the step before."""
STATES = {
    "new": "No open or click yet, and the first message was lately",
    "engaged": "Opened or clicked lately",
    "lapsing": "No open or click for a while, or only by a privacy proxy",
    "dormant": "No open or click for long",
    "unreachable": "The last messages bounced",
    "objected": "Complained or unsubscribed",
}
SECTIONS = (
    ("funnel", "From sent to clicked"),
    ("campaigns", "Campaigns"),
    ("departures", "Complaints and unsubscribes"),
    ("providers", "Mailbox providers"),
    ("bounces", "Why messages bounced"),
    ("clock", "When they are opened"),
    ("links", "Links"),
    ("conversions", "What followed"),
    ("people", "Recipients"),
    ("freshness", "How fresh, how complete"),
    ("definitions", "Every figure, defined"),
)
MOST_ROWS = 100
MOST_GAPS = 12
SHOWN_ROWS = 200
"""A longer table is cut there on the screen, as `page.css` says; a button of the script shows the rest."""
STYLE_WITHOUT_SCRIPT = ".short tbody tr:nth-child(n) { display: table-row !important; }"
"""Without a script there is no such button."""


def render(content: Content) -> str:
    """The page as text."""
    style, script = _part("page.css"), _part("bundle.js")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "count": formats.count,
        "rate": formats.rate,
        "day": formats.day,
        "minute": partial(formats.minute, zone=content.scope.zone),
        "shown": formats.shown,
        "plain": lambda value, kind: formats.FORMATS[kind](value),
        "heat": formats.heat,
        "curve": formats.curve,
    }
    scope, period = content.scope, _period(content)
    return environment.from_string(_part("page.html")).render(
        content=content,
        scope=scope,
        totals=content.totals,
        title=f"Email report, {period}",
        period=period,
        place=PurePath(scope.place).name,
        campaign=cleaner(scope.with_recipients)(scope.campaign),
        made_at=formats.minute(int(scope.made_at.timestamp()), scope.zone),
        reconciled_at=scope.reconciled and formats.minute(int(scope.reconciled.at.timestamp()), scope.zone),
        reconciled_days=scope.reconciled and _days(scope.reconciled.since, scope.reconciled.until, scope.zone),
        sections=[section for section in SECTIONS if content.conversions or section[0] != "conversions"],
        audiences=AUDIENCES,
        key_figures=KEY_FIGURES,
        steps=STEPS,
        funnel=FUNNEL,
        states=STATES,
        weekdays=WEEKDAYS,
        curve_hours=CURVE_HOURS,
        lines=(WARNING_LINE, LIMIT_LINE),
        most_rows=MOST_ROWS,
        most_gaps=MOST_GAPS,
        pictures=_pictures(content),
        shown_rows=SHOWN_ROWS,
        policy=_policy((style, STYLE_WITHOUT_SCRIPT), script),
        style=Markup(style),
        style_without_script=Markup(STYLE_WITHOUT_SCRIPT),
        script=Markup(script),
        version=_version(),
    )


def _period(content: Content) -> str:
    """The days of the report: as the user asked, else from the first event to the last."""
    scope, whole = content.scope, content.freshness.whole
    first = scope.since.astimezone(scope.zone) if scope.since else _local(whole.first, scope.zone)
    last = scope.until.astimezone(scope.zone) - timedelta(seconds=1) if scope.until else _local(whole.last, scope.zone)
    if first is None or last is None:
        return "no events yet"
    if first.date() == last.date():
        return formats.day(first)
    return f"{formats.day(first)} to {formats.day(last)}"


def _days(since: datetime, until: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first day of a period and its last one; `until` is not part of it."""
    return since.astimezone(zone), (until - timedelta(seconds=1)).astimezone(zone)


def _local(second: int | None, zone: tzinfo) -> datetime | None:
    return None if second is None else to_local(second, zone)


def _part(name: str) -> str:
    return files("mailjet_segment.report").joinpath("page", name).read_text("utf-8")


def _policy(styles: Sequence[str], script: str) -> str:
    """The policy for the browser: these styles and this script, and nothing else."""
    rules = {
        "default-src": "'none'",
        "style-src": " ".join(map(_hash, styles)),
        "script-src": _hash(script),
        "img-src": "data:",  # the icon, which a browser would else ask a server for
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _pictures(content: Content) -> Mapping[str, Any]:
    """The data of the pictures: the same figures as in the tables."""
    largest = [campaign for campaign in content.campaigns if campaign.sent_at][:MOST_DOTS]
    return {
        "days": [
            {
                "from": stretch.first.isoformat(),
                "until": stretch.until.isoformat(),
                "delivered": stretch.delivered,
                "opened": _values(stretch.opened),
                "clicked": _values(stretch.clicked),
            }
            for stretch in content.stretches
        ],
        "funnel": [
            {"step": content.totals[name].metric.title, "messages": _values(content.totals[name].figure)}
            for name in STEPS
        ],
        "campaigns": [
            {
                "name": campaign.name,
                "sent": campaign.sent_at,
                "delivered": campaign.count("delivered"),
                "rate": _values(campaign.figures["open_rate"]),
            }
            for campaign in largest
            if campaign.count("delivered")
        ],
        "complaints": [
            {
                "name": provider.name,
                "rate": provider.figures["complaint_rate"].of_people,
                "low": provider.interval[0] if provider.interval else None,
                "high": provider.interval[1] if provider.interval else None,
                "reported": provider.reports_complaints,
            }
            for provider in content.providers[:MOST_BARS]
        ],
        "bounces": [
            {"reason": reason.error, "outcome": reason.outcome, "messages": reason.messages}
            for reason in content.bounces[:MOST_BARS]
        ],
        "lines": [WARNING_LINE, LIMIT_LINE],
    }


def _values(figure: Figure) -> Sequence[float | None]:
    return [figure.of(place) for place in range(len(AUDIENCES))]


def _version() -> str:
    try:
        return version("mailjet-segment")
    except PackageNotFoundError:
        return "unknown"
