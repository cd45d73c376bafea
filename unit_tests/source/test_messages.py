"""Messages that are looked up: found whatever the listings do, and for no more requests than they are worth."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest

from mailjet_reading.lookups.messages import Messages
from mailjet_reading.lookups.scratch_store import Store
from mailjet_reading.lookups.sends import Wanted
from mailjet_rest.client import Mailjet, Patience
from mailjet_sandbox.faults import Action, Fault, asked_as, repeated_page, shifted, ten_rows
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from segment_events.kinds import BOUNCED, OPENED, Kind

EVERYBODY_OPENS = Rates(opened=4, clicked=0, bounced=0, late=0, unsubscribed=0, spam=0, transactional=0, erased=0)


@contextmanager
def account(messages: int, *faults: Fault) -> Iterator[tuple[Sandbox, Messages]]:
    """Messages of an hour, a month ago, nearly all of them opened."""
    sandbox = Sandbox(seed=41, messages=messages, days=0.04, rates=EVERYBODY_OPENS, faults=faults, hard_cases=False)
    with looking_at(sandbox) as messages_:
        sandbox.now += timedelta(days=30)
        yield sandbox, messages_


@contextmanager
def alerts(messages: int = 4_000) -> Iterator[tuple[Sandbox, Messages]]:
    """Messages of a month to three people, of which a tenth bounces."""
    rates = Rates(transactional=1, bounced=0.1)
    sandbox = Sandbox(seed=43, messages=messages, days=30, contacts=3, rates=rates, hard_cases=False)
    with looking_at(sandbox) as messages_:
        yield sandbox, messages_


@contextmanager
def looking_at(sandbox: Sandbox) -> Iterator[Messages]:
    """Messages of an account of which nothing is known yet."""
    with sandbox, ThreadPoolExecutor(4) as pool:
        api = Mailjet(sandbox.mailjet_url, sandbox.api_key, sandbox.api_key_secret, 10_000, Patience(first_wait_s=0.01))
        store = Store()
        try:
            yield Messages(api, store, pool)
        finally:
            store.close()
            api.close()


def opened(sandbox: Sandbox, count: int) -> list[Wanted]:
    """So many of the opened messages, from all over the hour."""
    found = {one.email_id: one for one in sandbox.truth() if one.kind == "opened"}
    return [
        Wanted(one.email_id, one.contact_id, one.campaign_id, int(one.arrived_at.timestamp()), OPENED)
        for one in list(found.values())[:: len(found) // count][:count]
    ]


def bounced(sandbox: Sandbox) -> list[Wanted]:
    """The bounced messages, as far as their events tell."""
    return [
        Wanted(one.email_id, one.contact_id, one.campaign_id, int(one.at.timestamp()), BOUNCED)
        for one in sandbox.truth()
        if one.kind == "bounced"
    ]


def ways(sandbox: Sandbox) -> dict[str, int]:
    """How often messages that were opened were counted and listed, and messages asked for singly."""
    found = {"counts": 0, "pages": 0, "singles": 0}
    for one in sandbox.requests:
        if one.query.get("MessageStatus") != "4":
            way = "pages" if "MessageStatus" in one.query else "singles"
            found["counts" if "countOnly" in one.query else way] += 1
    return found


@pytest.mark.parametrize(
    "messages, wanted_count, counts, pages, singles",
    [(900, 1, 0, 0, 1), (900, 2, 0, 1, 0), (900, 40, 0, 1, 0), (4_000, 40, 1, 4, 0)],
    ids=["one", "two of a page", "many of a page", "many of four pages"],
)
def test_messages_are_listed_where_that_costs_less(
    messages: int, wanted_count: int, counts: int, pages: int, singles: int
) -> None:
    with account(messages) as (sandbox, messages_):
        wanted = opened(sandbox, wanted_count)
        assert {*messages_.look_up(wanted)} == {one.email_id for one in wanted}
        assert ways(sandbox) == {"counts": counts, "pages": pages, "singles": singles}


def test_a_listing_that_is_longer_than_what_is_missing_is_not_read_beyond_its_first_page() -> None:
    with account(9_000) as (sandbox, messages):
        wanted = opened(sandbox, 7)
        assert {*messages.look_up(wanted)} == {one.email_id for one in wanted}
        found = ways(sandbox)
        assert (found["counts"], found["pages"]) == (1, 1)
        assert 4 <= found["singles"] <= 7


def test_a_listing_is_read_once_enough_was_asked_of_it() -> None:
    with account(4_000) as (sandbox, messages):
        wanted = opened(sandbox, 60)
        for one in wanted:
            assert {*messages.look_up([one])} == {one.email_id}
        found = ways(sandbox)
        assert (found["counts"], found["pages"]) == (1, 4)
        assert found["singles"] <= 7


def test_a_deep_listing_is_cut_so_that_no_offset_is_deep() -> None:
    with account(13_000) as (sandbox, messages):
        wanted = opened(sandbox, 200)
        assert {*messages.look_up(wanted)} == {one.email_id for one in wanted}
        assert ways(sandbox)["singles"] == 0
        assert max(int(one.query.get("Offset", 0)) for one in sandbox.requests) < 10_000


@pytest.mark.parametrize("action", [repeated_page(), shifted(300), ten_rows()], ids=["repeated", "shifted", "ten rows"])
def test_what_a_listing_keeps_back_is_asked_for_singly(action: Action) -> None:
    with account(4_000, Fault("message", action, query={"MessageStatus": "3"}, times=None)) as (sandbox, messages):
        wanted = opened(sandbox, 40)
        assert {*messages.look_up(wanted)} == {one.email_id for one in wanted}
        found = ways(sandbox)
        assert found["pages"] <= 4
        assert found["singles"] > 0


@pytest.mark.parametrize("kind", [OPENED, BOUNCED])
def test_one_message_is_looked_for_among_what_its_contact_was_sent_about_then(kind: Kind) -> None:
    with alerts() as (sandbox, messages):
        one = (opened(sandbox, 1) if kind is OPENED else bounced(sandbox))[0]
        assert {*messages.look_up([one])} == {one.email_id}
        (request,) = sandbox.requests
        assert one.sent_at
        assert int(request.query["FromTS"]) <= one.sent_at <= int(request.query["ToTS"])
        assert int(request.query["ToTS"]) - int(request.query["FromTS"]) < 5 * 24 * 3600


@pytest.mark.parametrize("sent_at", [None, 1_000_000_000], ids=["unknown", "wrong"])
def test_a_message_whose_time_is_not_known_is_found_by_its_id_and_then_within_its_time(sent_at: int | None) -> None:
    with alerts() as (sandbox, messages):
        one = bounced(sandbox)[0]
        truth = next(each for each in sandbox.truth() if each.email_id == one.email_id)
        (found,) = messages.look_up([one._replace(sent_at=sent_at)]).values()
        assert (found.subject, found.address) == (truth.subject, truth.address)
        listed = [one.query for one in sandbox.requests if "Contact" in one.query]
        assert all("FromTS" in query for query in listed)
        assert sandbox.request_count == len(listed) + 1 == (2 if sent_at is None else 3)


def test_a_message_that_no_filter_of_time_shows_is_found_among_all_that_its_contact_was_sent() -> None:
    with alerts(400) as (sandbox, messages):
        one = bounced(sandbox)[0]
        of_campaign = {"Campaign": one.campaign_id or ""}
        sandbox.set_faults(Fault("message", asked_as(ToTS="1"), query=of_campaign, times=2))
        (found,) = messages.look_up([one]).values()
        assert found.subject


@pytest.mark.parametrize("kind", [OPENED, BOUNCED])
def test_the_sends_of_a_span_that_nobody_lists_are_listed_once(kind: Kind) -> None:
    with alerts(7_000) as (sandbox, messages):
        messages.expect([(int(sandbox.start.timestamp()), int(sandbox.now.timestamp()))])
        wanted = opened(sandbox, 900) if kind is OPENED else bounced(sandbox)
        assert len(wanted) > 300
        assert {*messages.look_up(wanted)} == {one.email_id for one in wanted}
        assert sandbox.request_count <= 9
