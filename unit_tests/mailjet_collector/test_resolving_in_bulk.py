"""A newsletter to 20,000 contacts costs some dozens of requests, however its events come in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from event_store.store import Store
from mailjet_sandbox.people import contact_id, normal_user_id
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.mailjet_collector.posted import ACCOUNT, post_of
from unit_tests.mailjet_collector.stage import account_of, all_rows, leading, wait_for

CONTACTS = 20_000
MOST_REQUESTS = 75
"""Twice the pages of all contacts, and what is asked once."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    rates = Rates(with_user_id=1.0, erased=0)
    with Sandbox(seed=3, messages=10, contacts=CONTACTS, rates=rates, hard_cases=False) as served:
        yield served


def deliveries(first: int, stop: int) -> list[dict[str, Any]]:
    return [
        {
            "event": "sent",
            "time": 1_700_000_000,
            "MessageID": 10**17 + number,
            "email": f"p{number}@example.com",
            "mj_contact_id": contact_id(number),
            "mj_campaign_id": 0,
        }
        for number in range(first, stop)
    ]


@pytest.mark.parametrize("at_once", [20, CONTACTS], ids=["in posts of 20", "all at once"])
def test_20000_contacts_cost_some_dozens_of_requests(sandbox: Sandbox, store: Store, at_once: int) -> None:
    account = account_of(sandbox, segment=None)
    sandbox.reset_requests()
    with leading(store, account) as led:
        for first in range(0, CONTACTS, at_once):
            store.receive([post_of(deliveries(first, first + at_once))])
            led.wake(ACCOUNT)
        wait_for(lambda: not store.status(ACCOUNT).waiting, 60)
    found = {stored.row["contact_id"]: stored.row.get("user_id") for stored in all_rows(store)}
    name = sandbox.account.property_name or ""
    assert found == {
        str(each.id): None if each.erased else normal_user_id(each.properties.get(name))
        for each in sandbox.account.contacts
    }
    assert sandbox.request_count <= MOST_REQUESTS


def test_a_contact_that_came_after_all_were_listed_is_asked_for(sandbox: Sandbox, store: Store) -> None:
    account = account_of(sandbox, segment=None)
    newcomer = deliveries(0, 1)[0] | {"mj_contact_id": contact_id(CONTACTS + 5), "MessageID": 5}
    with leading(store, account) as led:
        store.receive([post_of(deliveries(0, 500))])
        led.wake(ACCOUNT)
        wait_for(lambda: len(all_rows(store)) == 500)
        sandbox.reset_requests()
        store.receive([post_of([newcomer])])
        led.wake(ACCOUNT)
        wait_for(lambda: len(all_rows(store)) == 501)
    asked = [each.path.rpartition("/")[2] for each in sandbox.requests]
    assert asked == [str(contact_id(CONTACTS + 5))]
