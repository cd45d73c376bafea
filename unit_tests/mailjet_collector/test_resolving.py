"""What came becomes rows: of the right person, with what Mailjet knows, in as few requests as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from event_store.values import StoredRow
from mailjet_collector.config import UserIdRule
from mailjet_sandbox.faults import Fault, status
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
def address(sqlite_address: str) -> str:
    return sqlite_address


def by_rest(sandbox: Sandbox, read: Reader, **fields: Any) -> dict[str, dict[str, object]]:
    """What the source makes of the same events, by id."""
    synced = read(sandbox, streams=_STREAMS, **fields)
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


@pytest.fixture
def small() -> Iterator[Sandbox]:
    with Sandbox(seed=6, messages=120, days=5) as served:
        yield served


def rows_of(sandbox: Sandbox, address: str, *items: dict[str, object], **fields: Any) -> list[dict[str, object]]:
    """The rows of a post's items, in order of position."""
    account = account_of(sandbox, segment=None, **fields)
    store = open_store(address, account)
    try:
        store.receive([post_of(items)])
        with leading(store, account):
            wait_for(lambda: not store.status(ACCOUNT).waiting)
        return [dict(stored.row) for stored in all_rows(store)]
    finally:
        store.close()


def known_open(sandbox: Sandbox) -> Happened:
    """An open of somebody with a user id, in a campaign that exists."""
    truth = [each for each in sandbox.truth() if each.kind == "opened" and each.user_id and each.campaign_name]
    return next(each for each in truth if each.user_id and each.user_id.startswith("u-0"))


def test_contact_0_is_named_by_its_message(small: Sandbox, address: str) -> None:
    happened = known_open(small)
    (row,) = rows_of(small, address, item_of(happened, mj_contact_id=0))
    assert (row["user_id"], row["contact_id"]) == (happened.user_id, happened.contact_id)
    assert "anonymous_id" not in row


def test_contact_0_of_a_message_that_is_gone_has_no_user_id(small: Sandbox, address: str) -> None:
    gone = item_of(known_open(small), mj_contact_id=0, MessageID=12345, email="a@example.com")
    (row,) = rows_of(small, address, gone)
    assert row["anonymous_id"] == "a@example.com"
    assert "user_id" not in row


def test_an_address_that_the_post_lacks_is_looked_up(small: Sandbox, address: str) -> None:
    happened = known_open(small)
    rows = rows_of(small, address, item_of(happened, email=""), user_id=UserIdRule("address", "", ()))
    assert [row["context_traits_email"] for row in rows] == [happened.address]
    assert "email_subject" not in rows[0]


def test_campaign_0_has_no_campaign_columns_and_costs_no_request(small: Sandbox, address: str) -> None:
    small.reset_requests()
    (row,) = rows_of(small, address, item_of(known_open(small), mj_campaign_id=0, customcampaign="x"))
    assert not {"campaign_id", "campaign_name", "custom_campaign"} & row.keys()
    assert not [asked for asked in small.requests if asked.path.endswith("/campaign")]


def test_an_event_of_nobody_and_of_no_message_is_rejected(small: Sandbox, address: str) -> None:
    account = account_of(small, segment=None)
    store = open_store(address, account)
    happened = known_open(small)
    store.receive([post_of([item_of(happened, MessageID=77, email="", mj_contact_id=0), item_of(happened)])])
    with leading(store, account):
        wait_for(lambda: not store.status(ACCOUNT).waiting)
    assert [each.reason for each in store.rejected(ACCOUNT, 9)] == ["unknown message"]
    assert [stored.row["id"] for stored in all_rows(store)] == [happened.id]
    store.close()


def test_the_unsubscribe_has_the_configured_name(small: Sandbox, address: str) -> None:
    item = {**item_of(known_open(small)), "event": "unsub", "mj_list_id": 123}
    (row,) = rows_of(small, address, item, unsubscribe_event_name="Unsubscribed")
    assert (row["event"], row["event_text"]) == ("unsubscribed", "Unsubscribed")
    assert (row["list_id"], row["list_name"]) == ("123", "Newsletter")


def test_what_a_webhook_alone_knows_is_in_the_row(small: Sandbox, address: str) -> None:
    happened = known_open(small)
    (row,) = rows_of(small, address, item_of(happened, Payload="p", geo="fr"))
    assert (row["context_ip"], row["context_location_country"], row["payload"]) == (happened.ip, "FR", "p")
    assert happened.agent
    assert row["context_user_agent"] == happened.agent.full


PAYLOAD = UserIdRule("event_payload", "", ("user", "id"))


def test_a_payload_says_who_it_is(small: Sandbox, address: str) -> None:
    (row,) = rows_of(small, address, item_of(known_open(small), Payload='{"user":{"id":12.0}}'), user_id=PAYLOAD)
    assert (row["user_id"], row.get("anonymous_id")) == ("12", None)


def test_an_event_without_a_payload_takes_that_of_another_event_of_its_message(small: Sandbox, address: str) -> None:
    happened = known_open(small)
    account = account_of(small, segment=None, user_id=PAYLOAD)
    store = open_store(address, account)
    with leading(store, account) as led:
        store.receive([post_of([item_of(happened, Payload='{"user":{"id":"p-1"}}')])])
        led.wake(ACCOUNT)
        wait_for(lambda: len(all_rows(store)) == 1)
        again = item_of(happened, time=int(happened.at.timestamp()) + 60, Payload="")
        store.receive([post_of([again])])
        wait_for(lambda: len(all_rows(store)) == 2)
    assert [stored.row["user_id"] for stored in all_rows(store)] == ["p-1", "p-1"]
    store.close()


@pytest.mark.parametrize("payload", ["no JSON", '{"user":7}', '{"user":{"id":{}}}', '{"user":{"id":" "}}', "[1]"])
def test_a_payload_without_a_user_id_makes_nobody_known(small: Sandbox, address: str, payload: str) -> None:
    happened = known_open(small)
    (row,) = rows_of(small, address, item_of(happened, Payload=payload), user_id=PAYLOAD)
    assert (row.get("user_id"), row["anonymous_id"]) == (None, happened.address)


def test_an_event_waits_while_mailjet_is_down_and_others_pass_it(small: Sandbox, address: str) -> None:
    happened = known_open(small)
    account = account_of(small, segment=None)
    store = open_store(address, account)
    with leading(store, account) as led:
        store.receive([post_of([item_of(happened, time=1_000)])])
        led.wake(ACCOUNT)
        wait_for(lambda: len(all_rows(store)) == 1)
        small.set_faults(Fault("", status(503), times=None))
        known = happened.contact_id
        strangers = {each.contact_id: each for each in small.truth() if each.contact_id != known and each.user_id}
        waiting = [item_of(each) for each in strangers.values()][:30]
        store.receive([post_of([*waiting, item_of(happened, time=2_000)])])
        led.wake(ACCOUNT)
        wait_for(lambda: len(all_rows(store)) == 2)
        assert all_rows(store)[-1].row["user_id"] == happened.user_id
        assert store.status(ACCOUNT).waiting == len(waiting) > 20
        small.set_faults()
        wait_for(lambda: not store.status(ACCOUNT).waiting, 60)
    found = {stored.row["contact_id"]: stored.row["user_id"] for stored in all_rows(store)[2:]}
    assert found == {str(item["mj_contact_id"]): strangers[str(item["mj_contact_id"])].user_id for item in waiting}
    store.close()


def test_keys_that_are_refused_let_events_wait_and_are_logged_once(
    small: Sandbox, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    account = account_of(small, segment=None, api_key_secret="wrong")
    store = open_store(address, account)
    store.receive([post_of([item_of(known_open(small))])])
    with leading(store, account):
        wait_for(lambda: "refused the keys" in caplog.text)
        wait_for(lambda: len(small.requests) >= 2)
    assert store.status(ACCOUNT).waiting == 1
    assert caplog.text.count("refused the keys") == 1
    store.close()


def test_an_event_that_mailjet_cannot_answer_for_does_not_stop_its_neighbours(small: Sandbox, address: str) -> None:
    truth = [each for each in small.truth() if each.kind == "opened" and each.user_id][:40]
    poison = truth[7].contact_id
    small.set_faults(
        Fault(f"contactdata/{poison}", status(500), times=None),
        Fault("contactdata", status(400), times=None, query={"Limit": "1000"}),
    )
    account = account_of(small, segment=None)
    store = open_store(address, account)
    store.receive([post_of([item_of(each, mj_campaign_id=0) for each in truth])])
    healthy = {each.id for each in truth if each.contact_id != poison}
    with leading(store, account):
        wait_for(lambda: {stored.row["id"] for stored in all_rows(store)} == healthy, 60)
    store.close()


def test_a_body_that_cannot_be_read_does_not_stop_its_neighbours(small: Sandbox, address: str) -> None:
    account = account_of(small, segment=None)
    store = open_store(address, account)
    opened = {each.email_id: each for each in small.truth() if each.kind == "opened"}
    first, second = list(opened.values())[:2]
    post = post_of([item_of(first), item_of(second)])
    store.receive([post._replace(items=[post.items[0]._replace(body=b"\xff[broken"), post.items[1]])])
    with leading(store, account):
        wait_for(lambda: [stored.row["id"] for stored in all_rows(store)] == [second.id])
    assert store.status(ACCOUNT).waiting == 1
    store.close()
