"""One collector leads an account; another takes over within seconds when it is gone, and nothing is lost or doubled."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from event_store.errors import StoreError
from event_store.leadership import Leadership
from event_store.values import Relay
from lab.postgres_fixture import postgres
from mailjet_collector.config import UserIdRule
from mailjet_collector.jobs import Job, start_jobs
from mailjet_collector.leading import Leading
from mailjet_collector.metrics import Metrics
from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.mailjet_collector.posted import ACCOUNT, deliveries, delivery_ids, post_of
from unit_tests.mailjet_collector.stage import account_of, all_rows, config_of, leading, open_store, wait_for
from unit_tests.receiver import receiving

__all__ = ["postgres"]

NOBODY = UserIdRule("none", "", ())


@pytest.fixture
def address(postgres: Any) -> str:
    return str(postgres.emptied())


@contextmanager
def another_process(address: str, sandbox: Sandbox) -> Iterator[subprocess.Popen[str]]:
    """A process that leads the account."""
    code = "import sys; from unit_tests.mailjet_collector.leader import main; main(*sys.argv[1:])"
    words = [sys.executable, "-c", code, address, sandbox.mailjet_url, sandbox.segment_url]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "leads\n"
            yield process
        finally:
            process.kill()


def test_another_collector_takes_over_within_5_seconds_of_a_kill(sandbox: Sandbox, address: str) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    store = open_store(address, account)
    with another_process(address, sandbox) as leader:
        store.receive([post_of(deliveries(0, 10))])
        wait_for(lambda: sandbox.segment.accepted == 10)
        with leading(store, account):
            store.receive([post_of(deliveries(10, 10))])
            wait_for(lambda: sandbox.segment.accepted == 20)
            leader.kill()
            began_s = time.monotonic()
            store.receive([post_of(deliveries(20, 10))])
            wait_for(lambda: sandbox.segment.accepted == 30)
            assert time.monotonic() - began_s < 5
    assert sorted(sandbox.segment.message_ids) == sorted(delivery_ids(0, 30, sandbox))
    assert sandbox.segment.duplicates <= 10  # what was on its way
    store.close()


def test_what_another_process_received_is_resolved_without_a_word(sandbox: Sandbox, address: str) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    store, other = open_store(address, account), open_store(address, account)
    with leading(store, account):
        wait_for(lambda: store.try_lead(ACCOUNT) is None)
        began_s = time.monotonic()
        other.receive([post_of(deliveries(0, 3))])
        wait_for(lambda: sandbox.segment.accepted == 3)
        assert time.monotonic() - began_s < 1
    store.close()
    other.close()


def test_copies_reach_the_address_that_was_taken_over(sandbox: Sandbox, address: str) -> None:
    account = account_of(sandbox, user_id=NOBODY, segment=None)
    store = open_store(address, account)
    with receiving(1) as (receiver,), leading(store, account):
        now = datetime.now(timezone.utc)
        copy = Relay(f"{receiver.origin}/hook", b"[1]", now + timedelta(hours=1))
        store.receive([post_of(deliveries(0, 1))._replace(relays=[copy])])
        wait_for(lambda: [each.body for each in receiver.posts] == [b"[1]"])
    store.close()


def test_two_collectors_give_each_event_one_position(sandbox: Sandbox, address: str) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    stores = [open_store(address, account) for _ in range(2)]
    with leading(stores[0], account) as first, leading(stores[1], account) as second:
        for number in range(20):
            stores[number % 2].receive([post_of(deliveries(number * 10, 10))])
            (first, second)[number % 2].wake(ACCOUNT)
        wait_for(lambda: sandbox.segment.accepted == 200)
    assert len({stored.place for stored in all_rows(stores[0])}) == 200
    assert sandbox.segment.duplicates == 0
    for store in stores:
        store.close()


def test_who_was_deposed_stops_and_writes_nothing(sandbox: Sandbox, address: str) -> None:
    account = account_of(sandbox, user_id=NOBODY)
    store = open_store(address, account)
    leader = store.try_lead(ACCOUNT)
    assert leader
    deposed = Leadership(ACCOUNT, leader.epoch - 1, lambda: True, lambda: None)
    ended = threading.Event()

    def resolve(leader: Leadership, ended: threading.Event) -> None:
        store.resolve(leader, [])

    for thread in start_jobs([Job("resolving", resolve)], deposed, ended, logging.getLogger("test")):
        thread.join(5)
    assert ended.is_set()
    store.close()


@pytest.mark.parametrize("error", [StoreError("The store is gone."), RuntimeError("secret@example.com")])
def test_a_job_that_fails_is_begun_again_and_stops_no_other(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    ended, did, runs = threading.Event(), threading.Event(), list[int]()

    def fail(leader: Leadership, ended: threading.Event) -> None:
        runs.append(1)
        if len(runs) < 2:
            raise error
        ended.set()

    def work(leader: Leadership, ended: threading.Event) -> None:
        ended.wait()
        did.set()

    leader = Leadership(ACCOUNT, 1, lambda: True, lambda: None)
    for thread in start_jobs([Job("failing", fail), Job("working", work)], leader, ended, logging.getLogger("test")):
        thread.join(10)
    assert did.is_set()
    assert len(runs) == 2
    assert "failing" in caplog.text
    assert "secret@example.com" not in caplog.text


def test_who_cannot_lead_for_a_reason_that_nobody_foresaw_says_so_and_gives_the_lock_back(
    sandbox: Sandbox, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    account = account_of(sandbox, max_requests_per_second=0.0)  # no configuration has this: it divides by nought
    store, other = open_store(address, account), open_store(address, account)
    with caplog.at_level(logging.WARNING), leading(store, account):
        wait_for(lambda: "ZeroDivisionError" in caplog.text)
        wait_for(lambda: other.try_lead(ACCOUNT))
    store.close()
    other.close()


@pytest.mark.parametrize("is_down", [False, True], ids=["nothing to do", "Segment and Mailjet down"])
def test_all_ends_promptly(sandbox: Sandbox, address: str, is_down: bool) -> None:
    account = account_of(sandbox)
    store = open_store(address, account)
    if is_down:
        sandbox.set_faults(Fault("", status(503), times=None))
        sandbox.set_segment_faults(Fault("batch", status(503), times=None))
    stop = threading.Event()
    led = Leading(config_of(account), store, Metrics(), stop)
    store.receive([post_of(deliveries(0, 10))])
    led.wake(ACCOUNT)
    time.sleep(1)
    stop.set()
    began_s = time.monotonic()
    led.join(20)
    assert time.monotonic() - began_s < 3
    leader = store.try_lead(ACCOUNT)
    assert leader
    store.close()
