"""The sandbox as a whole: its clock, its log of requests, its faults, both of its servers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from mailjet_sandbox.faults import Fault, reset, status
from mailjet_sandbox.sandbox import DEFAULT_NOW, Keys, Sandbox

Get = Callable[..., requests.Response]
GetFrom = Callable[..., requests.Response]
RowsOf = Callable[..., list[dict[str, Any]]]


def test_the_date_header_is_the_accounts_clock(sandbox: Sandbox, get: Get) -> None:
    for at in (sandbox.start + timedelta(days=3), DEFAULT_NOW):
        sandbox.now = at
        answer = get("campaign")
        assert parsedate_to_datetime(answer.headers["Date"]) == at
        assert requests.get(answer.url, timeout=5).headers["Date"] == answer.headers["Date"]


def test_the_account_is_seen_as_of_its_clock(sandbox: Sandbox, rows: RowsOf) -> None:
    sandbox.now = sandbox.start + timedelta(days=9, hours=7)
    at = f"{sandbox.now:%Y-%m-%dT%H:%M:%SZ}"
    for path, clock in [("message", "ArrivedAt"), ("openinformation", "OpenedAt"), ("campaign", "SendStartAt")]:
        seen = rows(path)
        assert max(row[clock] for row in seen) <= at
        sandbox.now = DEFAULT_NOW
        assert sum(row[clock] <= at for offset in (0, 1_000) for row in rows(path, Offset=offset)) == len(seen)
        sandbox.now = sandbox.start + timedelta(days=9, hours=7)


def test_a_late_message_is_listed_while_it_waits_with_the_arrival_it_keeps(sandbox: Sandbox, rows: RowsOf) -> None:
    late = next(m for m in sandbox.account.messages if m.delivered_at and m.delivered_at > m.arrived_at + 86_400)
    delivered = datetime.fromtimestamp(late.delivered_at or 0, timezone.utc)
    sandbox.now = delivered - timedelta(seconds=1)
    [waiting] = rows(f"message/{late.id}")
    assert waiting["Status"] == "deferred"
    sandbox.now = delivered
    assert rows(f"message/{late.id}")[0] == {**waiting, "Status": "sent"}


def test_it_listens_where_it_is_told_and_takes_the_keys_that_it_is_given() -> None:
    keys = Keys("other-key", "other-secret", "other-write-key")
    with Sandbox(messages=10, host="127.0.0.2", keys=keys) as sandbox:
        assert (sandbox.api_key, sandbox.api_key_secret, sandbox.write_key) == (
            "other-key",
            "other-secret",
            "other-write-key",
        )
        assert sandbox.mailjet_url.startswith("http://127.0.0.2:")
        url = f"{sandbox.mailjet_url}/v3/REST/message"
        assert requests.get(url, auth=("other-key", "other-secret"), timeout=5).status_code == 200
        assert requests.get(url, auth=(Sandbox.api_key, Sandbox.api_key_secret), timeout=5).status_code == 401
        call = {"type": "track", "event": "E", "userId": "u", "messageId": "m"}
        batch = f"{sandbox.segment_url}/v1/batch"
        requests.post(batch, auth=("other-write-key", ""), json={"batch": [call]}, timeout=5)
        assert sandbox.segment.message_ids == ("m",)


def test_requests_are_kept_with_what_the_client_got(get_from: GetFrom) -> None:
    faults = [Fault("message", status(500)), Fault("contact", reset())]
    with Sandbox(messages=50, faults=faults) as sandbox:
        get_from(sandbox, "message", MessageStatus=7)
        with pytest.raises(requests.ConnectionError):
            get_from(sandbox, "contact")
        get_from(sandbox, "campaign/0")
        assert sandbox.requests == [
            ("GET", "/v3/REST/message", {"MessageStatus": "7"}, 500),
            ("GET", "/v3/REST/contact", {}, 0),
            ("GET", "/v3/REST/campaign/0", {}, 404),
        ]
        assert sandbox.request_count == 3
        sandbox.reset_requests()
        assert sandbox.request_count == 0


def test_both_servers_share_a_sandbox_and_each_has_its_own_faults(get_from: GetFrom) -> None:
    with Sandbox(messages=50, segment_faults=[Fault("batch", status(503))]) as sandbox:
        call = {"type": "track", "event": "e", "userId": "u", "messageId": "m", "timestamp": "2026-01-01T00:00:00Z"}
        url, key = f"{sandbox.segment_url}/v1/batch", (sandbox.write_key, "")
        codes = [requests.post(url, json={"batch": [call]}, auth=key, timeout=5).status_code for _ in range(2)]
        assert codes == [503, 200]
        assert sandbox.segment.accepted == 1
        assert get_from(sandbox, "message").status_code == 200


def test_faults_can_be_changed_while_it_runs(sandbox: Sandbox, get: Get) -> None:
    sandbox.set_faults(Fault("", status(502), times=None))
    assert get("message").status_code == 502
    sandbox.set_faults()
    assert get("message").status_code == 200


def test_the_real_clock_follows_the_machine_and_more_mail_comes() -> None:
    sandbox = Sandbox(messages=100, days=1, now="real", days_ahead=1)
    assert abs(sandbox.now - datetime.now(timezone.utc)) < timedelta(seconds=5)
    assert 20 < sum(message.arrived_at > sandbox.now.timestamp() for message in sandbox.account.messages) < 80


def test_an_instant_without_a_time_zone_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="time zone"):
        sandbox.now = datetime(2025, 1, 1)
    assert sandbox.now == DEFAULT_NOW
