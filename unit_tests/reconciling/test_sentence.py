"""The sentence at the end of a report says how much differs, and calls nothing an agreement that is none."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from mailjet_segment.reconciling.difference import Difference, Outcome

AT = datetime(2026, 1, 31, tzinfo=timezone.utc)


def outcome_of(ours: int, theirs: int, *differences: Difference) -> Outcome:
    return Outcome(AT, AT, {"clicked": ours}, {"clicked": theirs}, differences, None, 1)


def difference(ours: int, theirs: int, unexplained: int, campaign_id: str | None = None) -> Difference:
    return Difference(date(2026, 1, 31), "clicked", campaign_id, ours, theirs, unexplained=unexplained)


@pytest.mark.parametrize(
    "ours, theirs, unexplained, sentence",
    [
        (9_998, 10_000, 0, "Agrees with Mailjet's counters to 0.02 %; each difference is explained."),
        (9_998, 10_000, 1, "Differs from Mailjet's counters by 0.02 %; 1 event is not explained."),
        (0, 40, 40, "Differs from Mailjet's counters by 100 %; 40 events are not explained."),
        (40, 0, -40, "Differs from Mailjet's counters by 100 %; 40 events are not explained."),
        (2_040, 40, -2_000, "Differs from Mailjet's counters by 5,000 %; 2,000 events are not explained."),
    ],
)
def test_what_nothing_explains_is_no_agreement(ours: int, theirs: int, unexplained: int, sentence: str) -> None:
    assert outcome_of(ours, theirs, difference(ours, theirs, unexplained)).sentence == sentence


def test_equal_counts_agree_exactly() -> None:
    assert outcome_of(40, 40).sentence == "Agrees with Mailjet's counters exactly."


def test_an_event_that_its_campaign_lacks_too_is_counted_once() -> None:
    outcome = outcome_of(9, 10, difference(9, 10, 1), difference(2, 3, 1, "7"))
    assert outcome.unexplained == 1
    moved = outcome_of(10, 10, difference(2, 3, 1, "7"), difference(4, 3, -1, "8"))
    assert moved.unexplained == 2
