"""Numbers, times and figures as the page shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, tzinfo

from markupsafe import Markup, escape

from mailjet_segment.report.audience import AUDIENCES, Figure
from mailjet_segment.report.instants import to_local

NOTHING = "\u2013"
"""Stands where there is no number: nothing was divided by."""

HEAT = 9
"""Steps of colour above none."""


def count(value: float | None) -> str:
    """`12,345`"""
    return NOTHING if value is None else f"{value:,.0f}"


def rate(value: float | None) -> str:
    """`31.2%`; below one percent `0.31%`: the lines for complaints lie at 0.10 and 0.30 %."""
    if value is None:
        return NOTHING
    percent = 100 * value
    return f"{percent:.1f}%" if percent >= 0.995 else f"{percent:.2f}%" if percent else "0%"


def duration(value: float | None) -> str:
    """`42 s`, `13 min`, `2 h 05 min`, `3 d 4 h`"""
    if value is None:
        return NOTHING
    minutes, seconds = divmod(round(value), 60)
    if not minutes:
        return f"{seconds} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes:02} min"


FORMATS: dict[str, Callable[[float | None], str]] = {"count": count, "rate": rate, "duration": duration}
"""By the kind of a metric."""


def day(value: date) -> str:
    """`30 Nov 2026`"""
    return f"{value.day} {value:%b %Y}"


def minute(second: int | None, zone: tzinfo) -> str:
    """`30 Nov 2026, 14:05`, in the time zone of the report."""
    if second is None:
        return NOTHING
    at = to_local(second, zone)
    return f"{day(at)}, {at:%H:%M}"


def shown(figure: Figure, kind: str) -> Markup:
    """A figure for all audiences at once; the switch hides all but those of the chosen one."""
    form = FORMATS[kind]
    return by_audience([form(figure.of(place)) for place in range(len(AUDIENCES))])


def by_audience(texts: Sequence[str], heats: Sequence[int] | None = None) -> Markup:
    """A text for each audience, equal ones once; `heats` colours them."""
    keys = list(zip(texts, heats or [0] * len(texts), strict=True))
    if len(set(keys)) == 1 and heats is None:
        return escape(texts[0])
    marks: dict[tuple[str, int], list[str]] = {}
    for key, audience in zip(keys, AUDIENCES, strict=True):
        marks.setdefault(key, []).append(audience.mark)
    return Markup("").join(
        Markup('<span class="{}">{}</span>').format(" ".join([*names, *([f"h{heat}"] if heats else [])]), text)
        for (text, heat), names in marks.items()
    )


def heat(figure: Figure, highest: Figure) -> Markup:
    """A count, coloured by its share of the highest one."""
    places = range(len(AUDIENCES))
    heats = [round(HEAT * (figure.of(place) or 0) / (highest.of(place) or 1)) for place in places]
    return by_audience([count(figure.of(place)) for place in places], heats)


def curve(steps: Sequence[Sequence[int]], width: int = 64, height: int = 18) -> Markup:
    """A small picture of opens over time, an area for each audience, equal ones once."""
    highest = max(map(max, steps), default=0)
    if not highest:
        return Markup("")
    areas: dict[str, list[str]] = {}
    for values, audience in zip(steps, AUDIENCES, strict=True):
        wide = width / (len(values) - 1)
        points = [f"{place * wide:.0f} {height - value / highest * height:.0f}" for place, value in enumerate(values)]
        areas.setdefault("L".join(points), []).append(audience.mark)
    paths = Markup("").join(
        Markup('<path class="{}" d="M0 {}L{}L{} {}"/>').format(" ".join(marks), height, area, width, height)
        for area, marks in areas.items()
    )
    return Markup('<svg viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(width, height, paths)
