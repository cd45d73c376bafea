"""The three ways to count opens and clicks, between which the report switches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Audience:
    """`name`: the suffix of columns; `mark`: the class of its figures in the page."""

    name: str
    mark: str
    title: str
    sentence: str


AUDIENCES: tuple[Audience, ...] = (
    Audience("people", "p", "People", "Opens and clicks that a person made, as far as that can be told."),
    Audience(
        "with_privacy",
        "w",
        "With privacy proxies",
        "Also opens by proxies that fetch pictures to hide whether somebody reads, as Apple's does.",
    ),
    Audience("all", "a", "Everything", "Also opens and clicks by security scanners and other software."),
)


@dataclass(frozen=True)
class Figure:
    """A number for each audience, or a single one if they share it; None if there is nothing to divide by."""

    values: tuple[float | None, ...]

    def of(self, place: int) -> float | None:
        """The number of the audience at this place of `AUDIENCES`."""
        return self.values[place if len(self.values) > 1 else 0]

    @property
    def of_people(self) -> float | None:
        return self.values[0]


def shared(value: float | None) -> Figure:
    """A figure that does not depend on the audience."""
    return Figure((value,))


def columns(name: str) -> list[str]:
    """The columns of `name` in a model, one for each audience."""
    return [f"{name}_{audience.name}" for audience in AUDIENCES]


def figure_of(row: Mapping[str, float | None], name: str) -> Figure:
    """The figure `name` of a row of a model."""
    names = columns(name)
    return Figure(tuple(row[column] for column in names)) if names[0] in row else shared(row[name])


OPENED_AT: Sequence[str] = (
    "least(first_open_at, first_click_at)",
    "least(first_open_at, first_click_at, first_privacy_open_at)",
    "least(first_open_at, first_click_at, first_privacy_open_at, first_bot_open_at, first_bot_click_at)",
)
"""When a message was first opened, for each audience (a click is an open too); DuckDB's `least` passes over nulls."""


def each_audience(make: Callable[[str, str], str]) -> str:
    """A query of all audiences: `make` gets the suffix of an audience and the time of its first open."""
    parts = (make(audience.name, opened_at) for audience, opened_at in zip(AUDIENCES, OPENED_AT, strict=True))
    return " UNION ALL ".join(f"({part})" for part in parts)
