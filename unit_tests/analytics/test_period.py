"""Periods are read as they are meant: a day begins at midnight where its reader lives."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, timedelta, timezone

import pytest

from mailjet_segment.analytics.options import add_period, add_place, period_of, place_of
from mailjet_segment.analytics.period import Period, parse_bound, parse_zone
from program.failure import Failure


def options_of(*words: str) -> tuple[Period, str]:
    parser = ArgumentParser()
    add_place(parser)
    add_period(parser, with_zone=True)
    options = parser.parse_args(words)
    return period_of(options), place_of(options).name


def test_by_default_it_is_all_of_the_file_that_sync_makes() -> None:
    assert options_of() == (Period(), "mailjet.duckdb")


@pytest.mark.parametrize(
    "words, since",
    [
        (["--since", "2026-01-31"], datetime(2026, 1, 31, tzinfo=timezone.utc)),
        (["--since", "2026-01-31", "--timezone", "Europe/Paris"], datetime(2026, 1, 30, 23, tzinfo=timezone.utc)),
        (["--since", "2026-01-31T12:30:00Z"], datetime(2026, 1, 31, 12, 30, tzinfo=timezone.utc)),
        (
            ["--since", "2026-01-31T12:30:00+02:00", "--timezone", "Asia/Tokyo"],
            datetime(2026, 1, 31, 10, 30, tzinfo=timezone.utc),
        ),
    ],
)
def test_a_bound_is_a_day_of_the_time_zone_or_an_instant(words: list[str], since: datetime) -> None:
    period, _ = options_of(*words, "--until", "2026-02-01")
    assert period.since
    assert period.since - since == timedelta(0)
    assert period.until


def test_a_period_without_a_moment_is_refused() -> None:
    with pytest.raises(Failure, match="--since must be before --until"):
        options_of("--since", "2026-01-31", "--until", "2026-01-31")


@pytest.mark.parametrize(
    "text", ["31.1.2026", "2026-01-31T12:00:00", "yesterday", "2026-02-30", "0001-01-01T00:00:00+05:00"]
)
def test_what_is_no_bound_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="must be a date"):
        parse_bound(text)


@pytest.mark.parametrize("text", ["Europe/Atlantis", "../../etc/passwd", ""])
def test_what_is_no_time_zone_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="must be the name of a time zone"):
        parse_zone(text)


def test_a_password_is_in_no_name() -> None:
    _, name = options_of("--database", "postgres://ann:hunter2secret@db/x")
    assert name == "postgresql://ann@db/x"
