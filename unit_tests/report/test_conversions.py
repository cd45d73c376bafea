"""What followed the emails, from models made by hand: the page adds up what they hold, and decides nothing."""

from __future__ import annotations

import duckdb

from mailjet_segment.report.conversions import Converted, Touch, read_conversions


def test_without_conversions_there_is_nothing_to_show() -> None:
    with duckdb.connect() as connection:
        assert read_conversions(connection, str) is None


def test_touches_add_up_to_all_conversions_and_campaigns_stand_beside_what_was_before() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE mailjet__down_funnel AS SELECT * FROM (VALUES"
            " ('1', 'anna', 'Order Completed', 30.0, 'click'), ('2', 'anna', 'Order Completed', 20.0, 'open'),"
            " ('3', 'ben', 'Order Completed', NULL, NULL))"
            " AS made(conversion_id, user_id, conversion_event, value, touch)"
        )
        connection.execute(
            "CREATE TABLE mailjet__down_funnel_campaigns AS SELECT * FROM (VALUES"
            " ('7', 'Spring', 0.5, 2, 50.0, 1, 3), ('8', 'Nobody bought', 0.5, 0, 0.0, 0, 0),"
            " ('', NULL, 1.0, 0, 0.0, 1, 0))"
            " AS made(campaign_id, campaign_name, identity_coverage, conversions_attributed, value_attributed,"
            " conversions_before, conversions_after)"
        )
        found = read_conversions(connection, str)
    assert found is not None
    assert found.events == ["Order Completed"]
    assert found.whole == Touch("All", 3, 2, 50)
    assert [(touch.conversions, touch.value) for touch in found.touches] == [(1, 30), (1, 20), (1, 0)]
    assert found.campaigns == [Converted("Spring", 0.5, 2, 50, 1, 3), Converted("No campaign", 1, 0, 0, 1, 0)]
