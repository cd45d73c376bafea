"""Posts of Mailjet's Event API as they were seen, each with its source, and what becomes of them.

Sources: [guide] Mailjet's guide, "Event API"; [2023] captures published with a mail library; [2022] captures published
with an event pipeline; [prod] a post that a public service received in July 2025; [other] fixtures and issues of other
receivers.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailjet_events.from_webhook import Rejection, WebhookEvent, parse_body
from segment_events.kinds import (
    BLOCKED,
    BOUNCED,
    CLICKED,
    DELIVERED,
    KINDS,
    OPENED,
    SPAM,
    UNSUBSCRIBED,
    columns_of,
)

ANY_SENT = {"event": "sent", "time": 1433333949, "MessageID": 19421777835146490}


def encoded(post: Any) -> bytes:
    return json.dumps(post).encode()


def read(**fields: Any) -> WebhookEvent:
    """The one event of a post with these fields."""
    (event,) = parse_body(encoded(fields))
    assert isinstance(event, WebhookEvent)
    assert json.loads(event.raw) == fields
    return event


def refusals(body: bytes) -> list[str]:
    return [part.reason for part in parse_body(body) if isinstance(part, Rejection)]


def test_sent_is_a_delivery() -> None:  # [guide]
    event = read(
        event="sent",
        time=1433333949,
        MessageID=19421777835146490,
        email="api@mailjet.com",
        mj_campaign_id=7257,
        mj_contact_id=4,
        customcampaign="",
        mj_message_id="19421777835146490",
        smtp_reply="sent (250 2.0.0 OK 1433333948 fa5si855896wjc.199 - gsmtp)",
        CustomID="helloworld",
        Payload="",
    )
    assert event[:-1] == (
        *("mailjet-delivered-19421777835146490", DELIVERED, "19421777835146490", 1433333949, "api@mailjet.com"),
        *("4", "7257", None, "helloworld", None, None, None, None, None),
        {"smtp_reply": "sent (250 2.0.0 OK 1433333948 fa5si855896wjc.199 - gsmtp)"},
    )


def test_open() -> None:  # [guide]
    event = read(
        event="open",
        time=1433103519,
        MessageID=19421777396190490,
        email="api@mailjet.com",
        mj_campaign_id=7173,
        mj_contact_id=320,
        customcampaign="",
        CustomID="helloworld",
        Payload="",
        ip="127.0.0.1",
        geo="US",
        agent="Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0",
    )
    assert (event.id, event.kind) == ("mailjet-opened-19421777396190490-1433103519", OPENED)
    assert (event.contact_id, event.campaign_id, event.country, event.ip) == ("320", "7173", "US", "127.0.0.1")
    assert event.agent == "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0"
    assert event.properties == {}


def test_click() -> None:  # [guide]
    event = read(event="click", time=1433334653, MessageID=19421777836302490, url="https://mailjet.com", geo="FR")
    digest = sha256(b"https://mailjet.com").hexdigest()
    assert (event.id, event.kind) == (f"mailjet-clicked-19421777836302490-1433334653-{digest[:8]}", CLICKED)
    assert event.properties == {"link_url": "https://mailjet.com", "link_id": digest[:16]}
    assert event.country == "FR"


def test_hard_bounce() -> None:  # [guide]; its sample lacks a comma
    event = read(
        event="bounce",
        time=1430812195,
        MessageID=13792286917004336,
        email="bounce@mailjet.com",
        mj_campaign_id=0,
        mj_contact_id=0,
        customcampaign="",
        CustomID="helloworld",
        Payload="",
        blocked=False,
        hard_bounce=True,
        error_related_to="recipient",
        error="user unknown",
        comment="Host or domain name not found. Name service error for name=lbjsnrftlsiuvbsren.com type=A",
    )
    assert (event.id, event.kind) == ("mailjet-bounced-13792286917004336", BOUNCED)
    assert (event.campaign_id, event.contact_id) == (None, None)
    assert event.properties == {
        "bounce_type": "hard",
        "is_blocked": False,
        "error": "user unknown",
        "error_related_to": "recipient",
        "comment": "Host or domain name not found. Name service error for name=lbjsnrftlsiuvbsren.com type=A",
    }


def test_soft_bounce_without_an_error() -> None:  # [2023]
    event = read(
        event="bounce",
        time=1685525050,
        MessageID=1,
        blocked=False,
        hard_bounce=False,
        error_related_to="policy issue",
        error="",
        comment="421 4.7.0 [TSS04] Messages temporarily deferred due to user complaints",
    )
    assert event.properties == {
        "bounce_type": "soft",
        "is_blocked": False,
        "error_related_to": "policy issue",
        "comment": "421 4.7.0 [TSS04] Messages temporarily deferred due to user complaints",
    }


def test_bounce_with_little_in_it() -> None:  # [2022]
    event = read(event="bounce", time=1, MessageID=2, error_related_to="system", error="connection issue")
    assert event.properties == {"error": "connection issue", "error_related_to": "system"}


def test_blocked() -> None:  # [guide], [other]
    event = read(
        event="blocked", time=1430812195, MessageID=13792286917004336, error_related_to="domain", error="typofix"
    )
    assert (event.id, event.kind) == ("mailjet-blocked-13792286917004336", BLOCKED)
    assert event.properties == {"error": "typofix", "error_related_to": "domain"}


@pytest.mark.parametrize("source", ["JMRPP", "greylisted"], ids=["[guide]", "[other]"])
def test_spam(source: str) -> None:
    event = read(event="spam", time=1430812195, MessageID=13792286917004336, source=source)
    assert (event.id, event.kind) == ("mailjet-spam-13792286917004336", SPAM)
    assert event.properties == {"complaint_source": source}


def test_unsub_with_its_list() -> None:  # [guide]
    event = read(event="unsub", time=1433334941, MessageID=20547674933128000, mj_list_id=1)
    assert (event.id, event.kind) == ("mailjet-unsubscribed-20547674933128000", UNSUBSCRIBED)
    assert event.properties == {"list_id": "1"}


def test_unsub_by_the_header_of_the_message() -> None:  # [other]
    event = read(event="unsub", time=1, MessageID=2, mj_list_id=0, agent="List-Unsubscribe", geo="")
    assert (event.agent, event.country, event.properties) == ("List-Unsubscribe", None, {})


def test_grouped_items_of_2015_name_their_message_in_a_text_alone() -> None:  # [guide]
    item = {"event": "sent", "time": 1433333949, "mj_message_id": "18858825588804172", "email": "a@mailjet.com"}
    events = parse_body(encoded([item, {**item, "mj_message_id": "18858825588804173"}]))
    assert [event.id for event in events if isinstance(event, WebhookEvent)] == [
        "mailjet-delivered-18858825588804172",
        "mailjet-delivered-18858825588804173",
    ]


def test_open_by_a_proxy_is_of_no_country() -> None:  # [2023]
    agent = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
    event = read(event="open", time=1, MessageID=2, geo="EU", agent=agent, mj_campaign_id=0)
    assert (event.country, event.agent, event.campaign_id) == (None, agent, None)


def test_newer_sent_without_mj_message_id() -> None:  # [2023]
    reply = "250 2.0.0 OK 1685525050"
    assert read(**ANY_SENT, smtp_reply=reply).properties == {"smtp_reply": reply}


def test_campaign_of_a_newsletter() -> None:  # [2022]
    assert read(**ANY_SENT, customcampaign="mj.nl=58424").custom_campaign == "mj.nl=58424"


def test_event_without_an_address() -> None:  # [2022]
    assert read(**ANY_SENT).address is None


def test_open_and_click_together() -> None:  # [2022]
    common = {"time": 1433333949, "MessageID": 987654, "url": "https://example.com/a", "geo": "some geo info"}
    opened, clicked = parse_body(encoded([{"event": "open", **common}, {"event": "click", **common}]))
    assert isinstance(opened, WebhookEvent)
    assert isinstance(clicked, WebhookEvent)
    assert (opened.id, opened.country, opened.properties) == ("mailjet-opened-987654-1433333949", None, {})
    assert clicked.properties["link_url"] == "https://example.com/a"


def test_the_poisonous_post_holds_no_event() -> None:  # [prod]
    item = {
        "customcampaign": "",
        "email": "",
        "Message_GUID": "",
        "MessageID": 0,
        "mj_campaign_id": 0,
        "mj_contact_id": 0,
        "source": "",
    }
    spam, blocked = {"event": "spam", **item, "time": 1751890193}, {"event": "blocked", **item, "time": 1751890191}
    assert refusals(encoded([spam, blocked])) == ["no message ID", "no message ID"]


def test_numbers_and_booleans_as_texts() -> None:  # [other]
    event = read(event="bounce", time="1513975381", MessageID="576460779645409236", hard_bounce="true", blocked="false")
    assert (event.id, event.at) == ("mailjet-bounced-576460779645409236", 1513975381)
    assert event.properties == {"bounce_type": "hard", "is_blocked": False}


def test_zeros_are_nothing() -> None:  # [other]
    zeros = {"mj_list_id": "", "ip": "", "geo": "", "agent": "", "Message_GUID": 0, "mj_contact_id": "0"}
    event = read(event="unsub", time=1, MessageID=2, **zeros)
    assert event[4:-2] == (None,) * 10
    assert event.properties == {}
    assert refusals(encoded({"event": "unsub", "time": 1, "MessageID": 0, "mj_message_id": 0, **zeros})) == [
        "no message ID"
    ]


def test_the_test_button_sends_an_event_of_a_message_that_may_be_none() -> None:  # [other]
    event = read(**ANY_SENT, email="", mj_contact_id=0)
    assert (event.id, event.address, event.contact_id) == ("mailjet-delivered-19421777835146490", None, None)


@pytest.mark.parametrize("damaged", [b"1.152921505370435e+18", b'"1.152921505370435e+18"', b"1152921505370435000.0"])
def test_an_id_that_went_through_a_float_is_never_stored(damaged: bytes) -> None:  # [other]
    body = b'{"event":"sent","time":1433333949,"MessageID":' + damaged + b"}"
    assert parse_body(body) == [
        Rejection("no message ID" if damaged.startswith(b'"') else "its message ID went through a float", body)
    ]


@pytest.mark.parametrize("email_id", [576460753067090994, 1152921519812251571])
def test_ids_of_today_keep_all_digits(email_id: int) -> None:  # [other]
    assert read(event="open", time=1, MessageID=email_id).id == f"mailjet-opened-{email_id}-1"


@pytest.mark.parametrize(
    "payload, column",
    [
        ('{"meta1": "simple string", "meta2": 2}', '{"meta1": "simple string", "meta2": 2}'),  # [other]
        ("Eticket,1234,row,15,seat,B", "Eticket,1234,row,15,seat,B"),  # [guide]
        (None, None),  # [other]
        ("", None),  # [guide]
        ({"meta2": 2}, '{"meta2":2}'),
    ],
)
def test_a_payload_is_any_text(payload: Any, column: str | None) -> None:
    assert read(**ANY_SENT, Payload=payload).payload == column


REASONS = {
    "recipient": ["user unknown", "mailbox inactive", "quota exceeded", "blacklisted", "spam reporter"],
    "domain": ["invalid domain", "no mail host", "relay/access denied", "greylisted", "typofix"],
    "content": ["bad or empty template", "error in template language"],
    "spam": ["sender blocked", "content blocked", "policy issue"],
    "system": ["system issue", "protocol issue", "connection issue"],
    "mailjet": ["preblocked", "duplicate in campaign"],
}


@pytest.mark.parametrize("word", ["bounce", "blocked"])
@pytest.mark.parametrize("related, error", [(related, error) for related, all_ in REASONS.items() for error in all_])
def test_reasons_are_columns(word: str, related: str, error: str) -> None:
    own = read(event=word, time=1, MessageID=2, error_related_to=related, error=error).properties
    assert own == {"error": error, "error_related_to": related}


@pytest.mark.parametrize(
    "body, reasons",
    [
        (b'{"event":"sent","time":1,"MessageID":2,"Payload":null}', []),
        (b'{"event":"sent","time":"1","MessageID":2}', []),
        (b'{"time":1,"MessageID":2}', ["no known event"]),
        (b"{}", ["no known event"]),
        (b'{"event":"sent","time":1000000000000000000,"MessageID":2}', ["no time from 1 to 253402300799"]),
        (b"not json", ["not JSON"]),
        (b"", ["not JSON"]),
        (b"[]", []),
        (b'[{"event":"sent","time":1,"MessageID":2},17,{"event":"sent","time":1,"MessageID":3}]', ["not an object"]),
        (b'{"event":"typo","time":1,"MessageID":2}', ["no known event"]),
        (b'{"event":"sent","time":1,"messageId":2}', ["no message ID"]),
        (b'{"event":["sent"],"time":1,"MessageID":2}', ["no known event"]),
    ],
)
def test_what_other_receivers_stumble_over(body: bytes, reasons: list[str]) -> None:  # [other]
    assert refusals(body) == reasons


def test_a_bad_item_among_good_ones_costs_only_itself() -> None:  # [other]
    good, bad, good_too = {**ANY_SENT}, {"event": "sent"}, {**ANY_SENT, "MessageID": 3}
    parts = parse_body(encoded([good, bad, good_too]))
    assert [type(part) for part in parts] == [WebhookEvent, Rejection, WebhookEvent]
    assert [json.loads(part.raw) for part in parts] == [good, bad, good_too]


@pytest.mark.parametrize("time", [1, 253402300799, "1", "253402300799"])
def test_times_that_are_read(time: int | str) -> None:
    assert read(event="sent", time=time, MessageID=2).at == int(time)


@pytest.mark.parametrize(
    "time", ["0", "253402300800", "1.5", "1e9", "-1", "true", "null", '""', '" 1"', '"1.5"', "[1]", "9" * 5000]
)
def test_times_that_are_none(time: str) -> None:
    assert refusals(b'{"event":"sent","MessageID":2,"time":' + time.encode() + b"}") == [
        "no time from 1 to 253402300799"
    ]


@pytest.mark.parametrize(
    "email_id", ["0", "-1", '"0"', '"-1"', '"a"', "true", "null", "[1]", "9" * 5000, "18446744073709551616"]
)
def test_ids_that_are_none(email_id: str) -> None:
    assert refusals(b'{"event":"sent","time":1,"MessageID":' + email_id.encode() + b"}") == ["no message ID"]


@pytest.mark.parametrize("nothing", [0, "", None, "0", 1.5e18])
def test_mj_message_id_is_taken_where_message_id_is_none(nothing: Any) -> None:
    assert read(event="sent", time=1, MessageID=nothing, mj_message_id="7").email_id == "7"


@pytest.mark.parametrize(
    "body",
    [b"[1,]", b"[1 2]", b"[", b"[{]", b'{"a":1} x', b"[1] 2", b"\xff", b"[" * 100_000, b"{" * 10, b"\x00", b"nul"],
)
def test_what_cannot_be_read_is_kept_whole(body: bytes) -> None:
    (part,) = parse_body(body)
    assert isinstance(part, Rejection)
    assert part.raw == body


def test_a_byte_that_is_no_utf_8_costs_no_event() -> None:
    item = b'{"event":"sent","time":1,"MessageID":2,"smtp_reply":"250 re\xe7u"}'
    (event,) = parse_body(b" [ " + item + b" ] ")
    assert isinstance(event, WebhookEvent)
    assert event.properties == {"smtp_reply": "250 re\ufffdu"}
    assert event.raw == item


def test_columns_hold_no_nul_and_no_half_of_a_pair() -> None:
    text = rb'"a\u0000b\ud83dc"'
    names = (b"email", b"CustomID", b"Payload", b"url", b"ip", b"agent", b"customcampaign", b"Message_GUID")
    fields = b",".join(b'"' + name + b'":' + text for name in names)
    (event,) = parse_body(b'{"event":"click","time":1,"MessageID":2,' + fields + b"}")
    assert isinstance(event, WebhookEvent)
    assert event.properties["link_url"] == "a\ufffdb\ufffdc"
    assert {event.address, event.custom_id, event.payload, event.ip, event.agent, event.custom_campaign} == {
        "a\ufffdb\ufffdc"
    }


def test_a_click_without_a_url_has_the_empty_one() -> None:
    event = read(event="click", time=1, MessageID=2)
    digest = sha256(b"").hexdigest()
    assert (event.id, event.properties) == (
        f"mailjet-clicked-2-1-{digest[:8]}",
        {"link_url": "", "link_id": digest[:16]},
    )


@pytest.mark.parametrize(
    "geo, country", [("FR", "FR"), ("fr", "FR"), ("EU", None), ("eu", None), ("FRA", None), (None, None), (7, None)]
)
def test_a_country_is_two_letters(geo: Any, country: str | None) -> None:
    assert read(event="open", time=1, MessageID=2, geo=geo).country == country


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        name: JSON
        | st.integers(1, 1 << 70)
        | st.sampled_from(["1", "sent", "open", "click", "bounce", "unsub", "spam"])
        for name in (
            "event",
            "time",
            "MessageID",
            "mj_message_id",
            "url",
            "geo",
            "Payload",
            "blocked",
            "email",
            "agent",
        )
    },
)


@given(st.binary() | st.lists(FIELDS).map(encoded) | JSON.map(encoded))
@example(b'{"event":"click","time":1,"MessageID":2,"url":"\\ud800"}')
def test_no_body_causes_an_error_and_every_part_is_kept_as_it_came(body: bytes) -> None:
    for part in parse_body(body):
        assert part.raw in body
        if isinstance(part, WebhookEvent):
            part.id.encode()
            assert 0 < part.at <= 253402300799
            assert 0 < int(part.email_id) < 1 << 64


def test_blocked_is_a_stream_of_its_own_and_none_of_segments() -> None:
    assert BLOCKED not in KINDS
    assert (BLOCKED.stream, BLOCKED.event_text) == ("email_blocked", "Email Blocked")
    assert set(columns_of("email_blocked")) - set(columns_of("tracks")) >= {"error", "payload"}
