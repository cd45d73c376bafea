"""The leader looks whether Mailjet posts to us: one request, a note for the page, a line if an address is suspended."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from event_store.store import Store
from mailjet_collector import webhooks
from mailjet_collector.address_watch import ADDRESSES_NOTE, AddressWatch
from mailjet_collector.callback_urls import EVENT_TYPES
from mailjet_rest.client import Mailjet, Patience
from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.mailjet_collector.posted import ACCOUNT
from unit_tests.mailjet_collector.stage import account_of, leading, wait_for

URL = "http://127.0.0.1:9"
PATIENCE = Patience(unavailable_s=0)


@pytest.fixture
def mailjet(sandbox: Sandbox) -> Iterator[Mailjet]:
    with closing(Mailjet(sandbox.mailjet_url, sandbox.api_key, sandbox.api_key_secret, 1_000, PATIENCE)) as api:
        yield api


def test_a_look_costs_one_request_and_notes_how_each_type_stands(
    sandbox: Sandbox, store: Store, mailjet: Mailjet
) -> None:
    account = account_of(sandbox)
    webhooks.register(mailjet, store, ACCOUNT, webhooks.ours_of(account, URL), False)
    sandbox.reset_requests()
    AddressWatch(account, URL, store, logging.getLogger("test")).look(mailjet, threading.Event())
    assert [asked.path for asked in sandbox.requests] == ["/v3/REST/eventcallbackurl"]
    note = store.note(ACCOUNT, ADDRESSES_NOTE)
    assert note
    assert {(each["event"], each["state"], each["alive"]) for each in note["addresses"]} == {
        (event, "ours", True) for event in EVENT_TYPES
    }


def test_a_suspended_address_is_logged_once_with_the_command_that_mends_it(
    sandbox: Sandbox, store: Store, mailjet: Mailjet, caplog: pytest.LogCaptureFixture
) -> None:
    account = account_of(sandbox)
    ours = webhooks.ours_of(account, URL)
    webhooks.register(mailjet, store, ACCOUNT, ours, False)
    sandbox.callback_urls.suspend(sandbox.callback_urls.all()[0].url)
    watch = AddressWatch(account, URL, store, logging.getLogger("test"))
    watch.look(mailjet, threading.Event())
    watch.look(mailjet, threading.Event())
    (record,) = caplog.records
    assert "has suspended the address of sent, open" in record.getMessage()
    assert record.getMessage().endswith("run mailjet-segment webhooks register.")
    assert account.webhook_passwords[0] not in record.getMessage()
    with caplog.at_level(logging.INFO):
        webhooks.register(mailjet, store, ACCOUNT, ours, False)
        watch.look(mailjet, threading.Event())
    assert caplog.records[-1].getMessage().endswith("goes on.")


def test_a_look_that_fails_is_logged_and_holds_no_reading_back(
    sandbox: Sandbox, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.set_faults(Fault("eventcallbackurl", status(403), times=None))
    account = account_of(sandbox, segment=None, start=int(sandbox.start.timestamp()))
    with leading(store, account, completeness_s=3600, public_url=URL):
        wait_for(lambda: store.note(ACCOUNT, "completeness"))
    assert store.note(ACCOUNT, ADDRESSES_NOTE) is None
    assert "addresses at Mailjet" in caplog.text
