"""What came becomes rows: of the right person, with what Mailjet knows, in as few requests as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from event_store.values import StoredRow
from mailjet_collector.config import UserIdRule
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.conftest import Reader
from unit_tests.mailjet_collector.posted import ACCOUNT, item_of, post_of
from unit_tests.mailjet_collector.stage import account_of, all_rows, leading, open_store, wait_for

ONLY_BY_REST = {"email_subject", "agent_browser", "agent_platform", "is_bot", "is_mobile", "click_delay_s"}
ONLY_BY_WEBHOOK = {
    *("context_ip", "context_user_agent", "context_location_country", "comment", "complaint_source"),
    *("smtp_reply", "payload", "received_at", "sent_at"),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=5, messages=400, days=10) as served:
        yield served


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'events.db'}"


def by_rest(sandbox: Sandbox, read: Reader, **fields: object) -> dict[str, dict[str, object]]:
    """What the source makes of the same events, by id."""
    synced = read(sandbox, streams=[stream for stream in _STREAMS], **fields)
    assert not synced.failed
    return {row["id"]: row for rows in synced.records.values() for row in rows}


_STREAMS = (
    *("email_delivered", "email_opened", "email_link_clicked"),
    *("email_unsubscribed", "email_bounced", "email_marked_as_spam"),
)


def resolved(sandbox: Sandbox, address: str, happened: list[Happened], rule: UserIdRule) -> list[StoredRow]:
    account = account_of(sandbox, user_id=rule, segment=None)
    store = open_store(address, account)
    try:
        store.receive([post_of([item_of(each) for each in happened])])
        with leading(store, account):
            wait_for(lambda: not store.status(ACCOUNT).waiting, 60)
        return all_rows(store)
    finally:
        store.close()


@pytest.mark.parametrize("source", ["contact_property", "custom_id", "address", "none"])
def test_a_webhook_gives_the_row_that_rest_gives(sandbox: Sandbox, address: str, read: Reader, source: str) -> None:
    form = {"from": source, **({"property": "userId"} if source == "contact_property" else {})}
    expected = by_rest(sandbox, read, user_id=form)
    rows = resolved(sandbox, address, sandbox.truth(), UserIdRule(source, "userId", ()))  # type: ignore[arg-type]
    assert len(rows) > 400
    compared = 0
    for stored in rows:
        told = expected.get(str(stored.row["id"]))
        if told is None:
            continue  # beyond REST
        compared += 1
        ours = {name: value for name, value in stored.row.items() if name not in ONLY_BY_WEBHOOK}
        theirs = {name: value for name, value in told.items() if name not in ONLY_BY_REST | ONLY_BY_WEBHOOK}
        if stored.row["event"] == "email_delivered":  # a late delivery has the time of its arrival by REST
            ours, theirs = ({**row, "timestamp": "", "original_timestamp": ""} for row in (ours, theirs))
        assert ours == theirs
    assert compared > 300
