"""What a sync asks for: as few requests as the events need, whatever size the account has."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from mailjet_reading.limits import MOST_REMEMBERED
from mailjet_sandbox.computed_account import newsletter_account
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches
from unit_tests.conftest import SEGMENT_STREAMS


def shapes(sandbox: Sandbox) -> Counter[str]:
    """How often each resource was asked in each way: counted, listed by some filter, or one object of it."""
    asked: Counter[str] = Counter()
    for one in sandbox.requests:
        resource, _, object_id = one.path.removeprefix("/v3/REST/").partition("/")
        filters = "Campaign" if "Campaign" in one.query else "MessageStatus" if "MessageStatus" in one.query else ""
        way = "id" if object_id else "count" if "countOnly" in one.query else filters or "list"
        asked[f"{resource} {way}"] += 1
    return asked


def test_opens_of_old_campaigns_list_what_was_opened_and_no_more(read: Any, truth_of: Any) -> None:
    with Sandbox(account=newsletter_account(messages=60_000, days=30)) as sandbox:
        sandbox.now = sandbox.now.replace(hour=8)
        start = sandbox.now - timedelta(days=1)
        synced = read(sandbox, start=start, streams=["email_opened"])
        truth = truth_of(sandbox.truth(since=start, until=sandbox.now - timedelta(seconds=5)))
        asked = shapes(sandbox)
        campaigns = {one.campaign_id for one in truth["email_opened"].values()}
    assert sorted(synced.ids("email_opened")) == sorted(truth["email_opened"])
    assert len(truth["email_opened"]) > 150
    assert len(campaigns) > 5
    assert asked["message list"] <= 1  # of the day itself, which is a page
    assert sum(asked[f"message {way}"] for way in ("Campaign", "MessageStatus", "count", "id")) < 45
    assert asked["openinformation list"] == 1


def test_the_contacts_of_one_campaign_are_listed_where_the_account_has_many_more(read: Any) -> None:
    with Sandbox(seed=3, messages=1_500, days=4, contacts=40_000, rates=Rates(transactional=0)) as sandbox:
        until = (sandbox.start + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        synced = read(sandbox, streams=["email_delivered"], end_date=until)
        asked = shapes(sandbox)
    assert len(synced.ids("email_delivered")) > 100
    assert asked["contactdata list"] == 0
    assert 0 < asked["contactdata Campaign"] < 10
    assert asked["contactdata id"] < 40


def test_contacts_without_data_cost_no_request_each(read: Any) -> None:
    """An account of some 3,000 contacts of whom 15 in 100 have no row in `contactdata`."""
    account = newsletter_account(messages=20_000, days=14)
    asked = []
    with Sandbox(account=account) as sandbox:
        for rows_of in ("everybody", "those with data", "those with the field"):
            sandbox.switches = Switches(contact_data_of=rows_of)
            sandbox.reset_requests()
            assert read(sandbox, streams=["email_delivered"], num_workers=1).failed is None
            asked.append(shapes(sandbox))
    assert len(account.contacts) > 3_000
    assert [each["contactdata id"] for each in asked] == [0, 0, 0]
    assert max(each.total() for each in asked) <= asked[0].total()


def test_fast_mail_costs_little_more_than_its_pages(read: Any) -> None:
    """58,000 messages, most of them in an hour: windows that are cut do not ask again for what they have."""
    with Sandbox(account=newsletter_account(messages=58_000, days=4)) as sandbox:
        synced = read(sandbox, streams=["email_delivered"], user_id={"from": "none"})
        asked = shapes(sandbox)
    assert synced.failed is None
    assert asked["message list"] <= 75
    assert asked["message count"] <= 16


def test_a_quiet_hour_costs_a_listing_for_each_feed(read: Any) -> None:
    with Sandbox(seed=4, messages=400, days=30, days_ahead=1) as sandbox:
        first = read(sandbox)
        sandbox.reset_requests()
        sandbox.now += timedelta(hours=1)
        read(sandbox, first.state)
        asked = shapes(sandbox)
    assert asked["openinformation list"] == asked["clickstatistics list"] == asked["bouncestatistics list"] == 1
    assert asked.total() <= 30


def test_two_syncs_of_the_same_cost_the_same(read: Any) -> None:
    asked = []
    with Sandbox(account=newsletter_account(messages=12_000, days=14)) as sandbox:
        for streams in (SEGMENT_STREAMS, SEGMENT_STREAMS, SEGMENT_STREAMS[:-1]):
            sandbox.reset_requests()
            read(sandbox, start=sandbox.now - timedelta(days=3), streams=streams)
            asked.append(shapes(sandbox))
    assert asked[0] == asked[1] == asked[2]


@pytest.mark.long_series
def test_above_what_a_state_holds_of_all_feeds_together_tracks_still_shares_their_readings(read: Any) -> None:
    """Of no feed are there more events within the lookback than are remembered, but there are of all together."""
    streams = ["email_delivered", "email_opened", "tracks"]
    with Sandbox(account=newsletter_account(messages=84_000, days=3, days_ahead=0)) as sandbox:
        config = {"start": sandbox.now - timedelta(days=1), "lookback_minutes": 1_440, "user_id": {"from": "none"}}
        first = read(sandbox, streams=streams, **config)
        assert len(first.ids("tracks")) > MOST_REMEMBERED
        sandbox.reset_requests()
        again = read(sandbox, first.state, streams=streams, **config)
        listed = [one.path for one in sandbox.requests if one.path.endswith("/openinformation")]
        pages = -(-len(first.ids("email_opened")) // 1_000)
    assert again.count == 0
    assert len(listed) < 2 * pages


def test_one_stream_costs_the_same_whatever_number_of_workers_reads_it(read: Any) -> None:
    asked = []
    with Sandbox(account=newsletter_account(messages=12_000, days=14)) as sandbox:
        for workers in (1, 8):
            sandbox.reset_requests()
            read(sandbox, streams=["email_opened"], num_workers=workers)
            asked.append(shapes(sandbox))
    assert asked[0] == asked[1]
    assert asked[0]["message id"] == 0
