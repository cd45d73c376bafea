"""How long a server asks to wait, in each of the forms that it may have."""

from __future__ import annotations

import pytest
from requests.structures import CaseInsensitiveDict

from program.retry_after import parse_rate_limit_reset, parse_retry_after


def test_a_date_to_wait_for_is_measured_by_the_clock_that_wrote_it() -> None:
    headers = {"Retry-After": "Thu, 01 Jan 2026 00:00:30 GMT", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}
    assert parse_retry_after(headers, 1_900_000_000.0) == 30.0
    assert parse_retry_after({**headers, "Date": "today"}, 1_767_225_610.0) == 20.0


@pytest.mark.parametrize(
    "value, wait_s",
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 60.0),
        ("Wed, 31 Dec 1969 23:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("-3", None),
        ("Thu, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, wait_s: float | None) -> None:
    assert parse_retry_after({"Retry-After": value}, 0.0) == wait_s


def test_a_date_without_a_zone_is_in_utc() -> None:
    assert parse_retry_after({"Retry-After": "Thu, 01 Jan 1970 00:01:00 -0000"}, 0.0) == 60.0


def test_without_headers_nothing_is_asked_for() -> None:
    assert parse_retry_after(CaseInsensitiveDict(), 0.0) is None
    assert parse_rate_limit_reset(CaseInsensitiveDict(), 0.0) is None


@pytest.mark.parametrize("value, wait_s", [("12", 12.0), ("1767225605", 5.0), ("1767225500", 0.0), ("soon", None)])
def test_a_reset_is_unix_time_by_the_servers_clock_or_seconds_from_now(value: str, wait_s: float | None) -> None:
    headers = {"X-RateLimit-Reset": value, "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}
    assert parse_rate_limit_reset(headers, 1_900_000_000.0) == wait_s
