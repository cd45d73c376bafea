"""Mailjet's counters are read in each form that its documents show."""

from __future__ import annotations

from typing import Any

import pytest

from mailjet_rest.counters import HourCounts, parse_hour_counts
from mailjet_rest.errors import MalformedError

AS_IN_OPENAPI: dict[str, Any] = {
    "APIKeyID": 123456,
    "EventClickedCount": 6,
    "EventOpenedCount": 11,
    "EventSpamCount": 1,
    "EventUnsubscribedCount": 2,
    "MessageBlockedCount": 12,
    "MessageClickedCount": 3,
    "MessageHardBouncedCount": 5,
    "MessageOpenedCount": 8,
    "MessageSentCount": 15,
    "MessageSoftBouncedCount": 4,
    "SourceID": 654321,
    "Timeslice": "2018-01-01T01:00:00Z",
    "Total": 32,
}
"""Fields of Mailjet's OpenAPI file (`statcountersResponse`)."""
AS_IN_THE_GUIDE: dict[str, Any] = {
    **{name: str(value) for name, value in AS_IN_OPENAPI.items() if name != "EventClickedCount"},
    "EventClickCount": "6",
    "Timeslice": "1514768400",
}
"""As the samples of the API guide (statistics): numbers as strings, another name, Unix seconds."""


@pytest.mark.parametrize("row", [AS_IN_OPENAPI, AS_IN_THE_GUIDE])
def test_both_forms_are_read_alike(row: dict[str, Any]) -> None:
    assert parse_hour_counts(row) == HourCounts(
        1_514_768_400,
        delivered=15,
        opened=11,
        clicked=6,
        unsubscribed=2,
        complained=1,
        bounced_hard=5,
        bounced_soft=4,
        blocked=12,
    )


def test_a_count_that_is_not_there_is_0() -> None:
    assert parse_hour_counts({"Timeslice": 3600})[1:] == (0,) * 8


@pytest.mark.parametrize("slice_", ["", "soon", None])
def test_a_row_without_a_time_is_malformed(slice_: str | None) -> None:
    with pytest.raises(MalformedError, match="'Timeslice' is no instant"):
        parse_hour_counts({**AS_IN_OPENAPI, "Timeslice": slice_})
