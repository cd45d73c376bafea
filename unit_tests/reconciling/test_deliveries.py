"""A delivery that came late moves a count; one that is lost is missing by both clocks."""

from __future__ import annotations

import pytest

from mailjet_segment.reconciling.deliveries import lost_deliveries


@pytest.mark.parametrize(
    "by_delivery, by_sending, lost",
    [
        ({}, {}, {}),
        ({1: -1, 3: 1}, {}, {}),  # sent at 1, delivered at 3; the tables have the time of sending
        ({}, {1: 1, 3: -1}, {}),  # the tables have the time of the delivery, for a sync saw it wait
        ({2: 1}, {2: 1}, {2: 1}),
        ({1: -1, 2: 1, 3: 1}, {2: 1}, {2: 1}),
        ({1: -1, 3: 1}, {1: 1}, {1: 1}),  # the lost one hides behind the late one
        ({2: 1, 5: 2}, {2: 1, 5: 2}, {2: 1, 5: 2}),
        ({4: -1}, {4: -1}, {4: -1}),  # more here than Mailjet counts
        ({3: 1, 2: 1}, {1: 1, 2: 1, 3: -1}, {2: 1}),
    ],
)
def test_what_is_lost_is_told_from_what_is_late(
    by_delivery: dict[int, int], by_sending: dict[int, int], lost: dict[int, int]
) -> None:
    assert lost_deliveries(by_delivery, by_sending) == lost


def test_what_was_delivered_after_the_tables_were_filled_is_not_lost() -> None:
    assert lost_deliveries({}, {1: 2}, delivered_since=2) == {}
    assert lost_deliveries({2: 1}, {1: 1, 2: 1}, delivered_since=1) == {2: 1}
