"""What operators see: numbers, times and reasons, and nothing of a person."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from event_store.store import Store
from mailjet_collector.address_watch import ADDRESSES_NOTE
from mailjet_collector.config import parse_config
from mailjet_collector.metrics import Metrics
from mailjet_collector.overview import overview
from unit_tests.mailjet_collector.running import (
    API_KEY,
    API_KEY_SECRET,
    NAME,
    OPEN,
    PASSWORD,
    Running,
    configuration,
    running_collector,
)


def page(running: Running) -> str:
    answer = running.admin("/")
    assert answer.status == 200
    assert answer.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    return answer.body.decode()


def test_the_page_counts_by_kind_and_lists_what_was_rejected(collector: Running) -> None:
    collector.post([OPEN, OPEN | {"time": 1433103600}, OPEN | {"event": "sent"}, {"no": "event"}])
    lines = page(collector).splitlines()
    (opened,) = [line for line in lines if line.startswith("<tr><td>Email Opened</td>")]
    assert opened.endswith('<td class="number">2</td>')
    assert "never" not in opened
    (spam,) = [line for line in lines if line.startswith("<tr><td>Email Marked as Spam</td>")]
    assert spam == '<tr><td>Email Marked as Spam</td><td>never</td><td class="number">0</td>'
    assert "<dt>Waiting for identity</dt><dd>3, the oldest since " in page(collector)
    assert any(line.endswith('<td>no known event</td><td class="number">15</td></tr>') for line in lines)


def test_the_page_says_which_addresses_are_suspended(on_sqlite: Running) -> None:
    assert "Not known yet." in page(on_sqlite)
    store = Store(on_sqlite.address)
    addresses = [
        {"event": "open", "state": "ours", "alive": False},
        {"event": "click", "state": "ours", "alive": True},
        {"event": "sent", "state": "ours", "alive": False},
        {"event": "spam", "state": "other", "alive": True},
        {"event": "bounce", "state": "none", "alive": False},
    ]
    store.set_note(NAME, ADDRESSES_NOTE, {"at": "2026-01-31T00:00:00Z", "addresses": addresses})
    store.close()
    shown = page(on_sqlite)
    assert "As of 2026-01-31 00:00:00." in shown
    assert '<dt>open, sent</dt><dd class="bad">suspended: run mailjet-segment webhooks register</dd>' in shown
    assert "<dt>click</dt><dd>alive</dd>" in shown
    assert '<dt>spam</dt><dd class="bad">another program&#39;s</dd>' in shown
    assert '<dt>bounce</dt><dd class="bad">none: no post comes</dd>' in shown


@pytest.mark.parametrize("path", ["/", "/metrics"])
def test_no_address_payload_or_credential_is_shown(collector: Running, path: str) -> None:
    secret_items = [OPEN | {"Payload": "the-payload"}, {"email": "person@example.com"}, OPEN | {"event": "<b>the-type"}]
    collector.post(secret_items)
    collector.post(b"no JSON of person@example.com")
    shown = collector.admin(path).body.decode()
    for word in (
        "person@",
        OPEN["email"],
        "the-payload",
        "the-type",
        PASSWORD,
        API_KEY,
        API_KEY_SECRET,
        collector.address,
    ):
        assert word not in shown


def test_metrics_are_in_the_form_of_prometheus(on_sqlite: Running) -> None:
    answer = on_sqlite.admin("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE mailjet_collector_lag_seconds histogram" in answer.body.decode()


def test_what_operators_see_is_not_on_the_port_for_mailjet(on_sqlite: Running) -> None:
    assert [on_sqlite.ask("GET", path).status for path in ("/", "/metrics")] == [404, 404]


def opened_today(address: str, now: datetime) -> int:
    with closing(Store(address)) as store:
        account = parse_config(configuration(address), Path()).accounts[0]
        shown = overview(store, account, Metrics().account(NAME), now)
    return next(kind.today for kind in shown.kinds if kind.name == "Email Opened")


def test_today_ends_at_midnight_and_not_with_the_collector(address: str) -> None:
    with running_collector(address) as running:
        running.post([OPEN, OPEN | {"time": 1433103600}])
    with running_collector(address) as running:
        running.post(OPEN)
    now = datetime.now(timezone.utc)
    assert opened_today(address, now) == 3
    assert opened_today(address, now + timedelta(days=1)) == 0
