"""Every post that Mailjet's Event API was seen to send, over HTTP into the store: it is answered 200 whatever it holds.

Sources: [guide] Mailjet's guide, "Event API"; [2023] captures published with a mail library; [2022] captures published
with an event pipeline; [prod] a post that a public service received in July 2025; [other] fixtures and issues of other
receivers.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from event_store.store import Store
from segment_events.event_id import link_digest
from unit_tests.event_store.posts import ACCOUNT, waiting_ids
from unit_tests.mailjet_collector.running import OPEN, Leader, Running

SENT = {
    "event": "sent",
    "time": 1433333949,
    "MessageID": 19421777835146490,
    "email": "api@mailjet.com",
    "mj_campaign_id": 7257,
    "mj_contact_id": 4,
    "customcampaign": "",
    "mj_message_id": "19421777835146490",
    "smtp_reply": "sent (250 2.0.0 OK 1433333948 fa5si855896wjc.199 - gsmtp)",
    "CustomID": "helloworld",
    "Payload": "",
}
BOUNCE = {
    "event": "bounce",
    "time": 1430812195,
    "MessageID": 13792286917004336,
    "email": "bounce@mailjet.com",
    "mj_campaign_id": 0,
    "mj_contact_id": 0,
    "blocked": False,
    "hard_bounce": True,
    "error_related_to": "recipient",
    "error": "user unknown",
    "comment": "Host or domain name not found...",
}
NOTHING_KNOWN = {
    "customcampaign": "",
    "email": "",
    "Message_GUID": "",
    "MessageID": 0,
    "mj_campaign_id": 0,
    "mj_contact_id": 0,
}
ACCEPTED: list[tuple[str, Any, list[str]]] = [
    ("sent [guide]", SENT, ["delivered-19421777835146490"]),
    ("open [guide]", OPEN | {"geo": "US"}, ["opened-19421777396190490-1433103519"]),
    (
        "click [guide]",
        {"event": "click", "time": 1433334653, "MessageID": 19421777836302490, "url": "https://mailjet.com"},
        [f"clicked-19421777836302490-1433334653-{link_digest('https://mailjet.com')}"],
    ),
    ("bounce [guide]", BOUNCE, ["bounced-13792286917004336"]),
    (
        "soft bounce without a reason [2023]",
        BOUNCE | {"time": 1685525050, "hard_bounce": False, "error_related_to": "policy issue", "error": ""},
        ["bounced-13792286917004336"],
    ),
    (
        "blocked [other]",
        {"event": "blocked", "time": 1430812195, "MessageID": 13792286917004336, "error": "typofix"},
        ["blocked-13792286917004336"],
    ),
    ("spam [guide]", {"event": "spam", "time": 1, "MessageID": 7, "source": "JMRPP"}, ["spam-7"]),
    (
        "unsub [guide]",
        {"event": "unsub", "time": 1433334941, "MessageID": 20547674933128000, "mj_list_id": 1},
        ["unsubscribed-20547674933128000"],
    ),
    (
        "grouped, of 2015, with a text as its only id [guide]",
        [{"event": "sent", "time": 1, "mj_message_id": "18858825588804172"}],
        ["delivered-18858825588804172"],
    ),
    (
        "bounce, bare [2022]",
        {"event": "bounce", "time": 5, "MessageID": 9, "error_related_to": "system", "error": "connection issue"},
        ["bounced-9"],
    ),
    ("without email [2022]", {"event": "open", "time": 5, "MessageID": 9}, ["opened-9-5"]),
    (
        "array, open with a url [2022]",
        [
            {"event": "open", "time": 5, "MessageID": 987654, "url": "https://a", "geo": "some geo info"},
            {"event": "click", "time": 6, "MessageID": 987654, "url": "https://a"},
        ],
        ["opened-987654-5", f"clicked-987654-6-{link_digest('https://a')}"],
    ),
    (
        "numbers and flags as text [other]",
        BOUNCE | {"time": "1513975381", "hard_bounce": "true", "MessageID": "576460779645409236"},
        ["bounced-576460779645409236"],
    ),
    ("test button [other]", SENT | {"email": "", "mj_contact_id": 0}, ["delivered-19421777835146490"]),
    ("an id of today [other]", OPEN | {"MessageID": 1152921519812251571}, ["opened-1152921519812251571-1433103519"]),
    ("no payload [other]", OPEN | {"Payload": None}, ["opened-19421777396190490-1433103519"]),
    ("any text as payload [guide]", OPEN | {"Payload": "Eticket,1234"}, ["opened-19421777396190490-1433103519"]),
    ("NUL and half a character", OPEN | {"email": "a\0\ud800@b.c"}, ["opened-19421777396190490-1433103519"]),
    ("nothing", [], []),
]
REJECTED: list[tuple[str, Any, list[str]]] = [
    (
        "the poisonous post [prod]",
        [
            {"event": "spam", **NOTHING_KNOWN, "source": "", "time": 1751890193},
            {"event": "blocked", **NOTHING_KNOWN, "time": 1751890191},
        ],
        ["no message ID", "no message ID"],
    ),
    (
        "zeros [other]",
        {"event": "unsub", "time": 1, "MessageID": 0, "mj_message_id": 0, "mj_list_id": ""},
        ["no message ID"],
    ),
    (
        "a damaged id [other]",
        b'{"event":"open","time":5,"MessageID":1.152921505370435e+18}',
        ["its message ID went through a float"],
    ),
    ("messageId [other]", {"event": "open", "time": 5, "messageId": 7}, ["no message ID"]),
    ("an unknown type", OPEN | {"event": "parse"}, ["no known event"]),
    ("no type", {}, ["no known event"]),
    ("a time beyond all", OPEN | {"time": 10**18}, ["no time from 1 to 253402300799"]),
    ("no object", ["text"], ["not an object"]),
    ("no JSON", b"event=open", ["not JSON"]),
    ("nothing at all", b"", ["not JSON"]),
    ("bytes", b"\xff\xfe\x00{", ["not JSON"]),
    ("too deep", b"[" * 200_000, ["nested too deeply"]),
]


A_BLOCK_OF_A_MESSAGE_THAT_BOUNCED = "mailjet-blocked-13792286917004336"
ALL_EVENTS = sorted(
    {f"mailjet-{event_id}" for *_, expected in ACCEPTED for event_id in expected} - {A_BLOCK_OF_A_MESSAGE_THAT_BOUNCED}
)
"""What is stored if all of them are of one account."""


def of(cases: list[tuple[str, Any, list[str]]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("post, expected", [pytest.param(*case[1:], id=case[0]) for case in cases])


def kept(address: str) -> tuple[list[str], list[str], list[bytes]]:
    """The ids of events, and of what was rejected the reasons and the bytes."""
    store = Store(address)
    try:
        reasons = [each.reason for each in reversed(store.rejected(ACCOUNT, 100))]
        return waiting_ids(store), reasons, [each.body for each in store.rejected_bodies(ACCOUNT, 0, 100)]
    finally:
        store.close()


@of(ACCEPTED)
def test_what_is_an_event_is_stored(on_sqlite: Running, post: Any, expected: list[str]) -> None:
    assert on_sqlite.post(post).status == 200
    assert on_sqlite.post(post).status == 200
    assert kept(on_sqlite.address) == ([f"mailjet-{event_id}" for event_id in expected], [], [])


@of(REJECTED)
def test_what_is_no_event_is_kept_once_with_the_reason(on_sqlite: Running, post: Any, expected: list[str]) -> None:
    assert on_sqlite.post(post).status == 200
    assert on_sqlite.post(post).status == 200
    ids, reasons, bodies = kept(on_sqlite.address)
    assert (ids, reasons) == ([], expected)
    assert bodies == ([post] if isinstance(post, bytes) else [json.dumps(item).encode() for item in _items(post)])


def test_all_of_them_in_one_post_are_each_what_they_are_alone(collector: Running) -> None:
    accepted, rejected = (
        [item for _, post, _ in cases if not isinstance(post, bytes) for item in _items(post)]
        for cases in (ACCEPTED, REJECTED)
    )
    mixed = [item for pair in zip(accepted, rejected, strict=False) for item in pair] + accepted
    assert collector.post(mixed).status == 200
    ids, reasons, _ = kept(collector.address)
    assert sorted(ids) == ALL_EVENTS
    assert len(reasons) == len(rejected)


def test_what_was_posted_can_be_read_by_its_position(collector: Running, leader: Leader) -> None:
    for _, post, _ in ACCEPTED:
        assert collector.post(post).status == 200
    leader.resolve_all()
    page = json.loads(collector.read().body)
    assert sorted(each["row"]["id"] for each in page["rows"]) == ALL_EVENTS
    assert {each["stream"] for each in page["rows"]} == {
        *("email_delivered", "email_opened", "email_link_clicked", "email_unsubscribed", "email_bounced"),
        "email_marked_as_spam",
    }


def _items(post: Any) -> list[Any]:
    return post if isinstance(post, list) else [post]
