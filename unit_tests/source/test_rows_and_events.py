"""Mailjet's rows into events: its own sample payloads, every odd spelling, and what becomes of each column.

Payloads: Mailjet API reference (openinformation, clickstatistics, bouncestatistics, message, campaign), values changed.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from mailjet_events.event import Event
from mailjet_events.from_rest import to_block, to_bounce, to_click, to_delivery, to_engagement, to_open
from mailjet_events.recipient import UserIdFrom
from mailjet_events.to_row import Surroundings, blank_of, campaign_name, to_row
from mailjet_reading.lookups.contact_property import Property
from mailjet_reading.lookups.user_ids import parse_owned, to_user_id
from mailjet_rest.errors import MalformedError
from mailjet_rest.fields import NOTHING
from mailjet_rest.rows import (
    Agent,
    Campaign,
    HistoryEvent,
    State,
    parse_agent,
    parse_block,
    parse_bounce,
    parse_campaign,
    parse_click,
    parse_contact,
    parse_history_event,
    parse_list,
    parse_message,
    parse_message_state,
    parse_open,
)
from segment_events.instants import format_second
from segment_events.kinds import UNSUBSCRIBED, columns_of

MESSAGE = {
    "ArrivedAt": "2018-01-01T00:00:00Z",
    "AttemptCount": 0,
    "CampaignID": "51",
    "ContactAlt": " passenger@example.com ",
    "ContactID": 987,
    "CustomID": "trip-7",
    "ID": 1152921504606846977,
    "IsClickTracked": "false",
    "IsOpenTracked": True,
    "Status": "Opened",
    "Subject": "Your flight",
    "UUID": "1ab23cd4-e567-8901-2345-6789f0gh1i2j",
}
OPEN = {
    "ArrivedAt": "2018-01-01T00:00:00Z",
    "CampaignID": 51,
    "ContactID": "987",
    "MessageID": "1152921504606846977",
    "OpenedAt": "2018-01-02T03:04:05Z",
    "UserAgentFull": "Mozilla/5.0",
    "UserAgentID": 3,
}
CLICK = {
    "ClickedAt": "2018-01-02T03:05:05Z",
    "ClickedDelay": "60",
    "Contact": 987,
    "ID": 5,
    "Message": 1152921504606846977,
    "Url": "https://example.com/?q=é",
    "UserAgent": 3,
}
BOUNCE = {
    "BouncedAt": "2018-01-01T00:00:09Z",
    "CampaignID": 51,
    "ContactID": 987,
    "ID": "1152921504606846977",
    "IsBlocked": "false",
    "IsStatePermanent": "true",
    "StateID": "1",
}
BLOCKED_MESSAGE = {**MESSAGE, "Status": "blocked", "StateID": "20"}
SURROUNDINGS = Surroundings(
    messages={"1152921504606846977": parse_message(MESSAGE)},
    campaigns={"51": Campaign("51", "Campaign subject", "spring", "8")},
    lists={"8": "Friends"},
    agents={"3": Agent("3", "Chrome", "Linux", False, True)},
    user_ids={"987": "u-1"},
)


def _row(
    event: Event | None, surroundings: Surroundings = SURROUNDINGS, user_id_from: UserIdFrom = "contact_property"
) -> dict[str, Any]:
    assert event
    blank = blank_of(event.kind, UNSUBSCRIBED.event_text, format_second(event.at))
    return to_row(event, surroundings, blank, user_id_from)


COMMON = {
    "user_id": "u-1",
    "context_traits_email": "passenger@example.com",
    "email_id": "1152921504606846977",
    "email_subject": "Your flight",
    "campaign_id": "51",
    "campaign_name": "spring",
    "custom_campaign": "spring",
    "custom_id": "trip-7",
    "contact_id": "987",
    "message_uuid": "1ab23cd4-e567-8901-2345-6789f0gh1i2j",
    "context_integration_name": "Mailjet",
    "context_library_name": "source-mailjet-segment",
}
AGENT = {"agent_browser": "Chrome", "agent_platform": "Linux", "is_bot": False, "is_mobile": True}


@pytest.mark.parametrize(
    "event, at, of_its_kind",
    [
        (to_delivery(parse_message(MESSAGE), 1514764800), "2018-01-01T00:00:00Z", {}),
        (to_open(parse_open(OPEN)), "2018-01-02T03:04:05Z", {**AGENT, "context_user_agent": "Mozilla/5.0"}),
        (
            to_click(parse_click(CLICK)),
            "2018-01-02T03:05:05Z",
            # printf 'https://example.com/?q=é' | sha256sum
            {**AGENT, "link_url": "https://example.com/?q=é", "link_id": "8b649bac700c615c", "click_delay_s": 60},
        ),
        (
            to_bounce(parse_bounce(BOUNCE), {"1": State("1", "user unknown", "recipient")}),
            "2018-01-01T00:00:09Z",
            {"bounce_type": "hard", "is_blocked": False, "error": "user unknown", "error_related_to": "recipient"},
        ),
        (
            to_block(parse_block(BLOCKED_MESSAGE), {"20": State("20", "blacklisted", "mailjet")}),
            "2018-01-01T00:00:00Z",
            {"error": "blacklisted", "error_related_to": "mailjet"},
        ),
        (
            to_engagement(
                parse_message(MESSAGE),
                parse_history_event(
                    {"EventAt": "1514862245", "EventType": "unsub", "Useragent": "UA", "UseragentID": "3"}
                ),
            ),
            "2018-01-02T03:04:05Z",
            {**AGENT, "context_user_agent": "UA", "list_id": "8", "list_name": "Friends"},
        ),
        (
            to_engagement(parse_message(MESSAGE), parse_history_event({"EventAt": 1514862245, "EventType": "spam"})),
            "2018-01-02T03:04:05Z",
            {},
        ),
    ],
)
def test_each_kind_of_row_becomes_exactly_its_columns(event: Event, at: str, of_its_kind: dict[str, Any]) -> None:
    row = _row(event)
    told = {name: value for name, value in row.items() if name not in {"id", "event", "event_text"}}
    times = dict.fromkeys(("timestamp", "original_timestamp", "received_at", "sent_at"), at)
    version = {"context_library_version": row["context_library_version"]}
    assert told == {**COMMON, **times, **of_its_kind, **version}
    assert set(row) <= set(columns_of(event.kind.stream))


@pytest.mark.parametrize("state", [14, 15, 16, 17, 18, 19, 20, 21])
def test_a_message_that_mailjet_never_sent_is_no_bounce(state: int) -> None:
    assert to_bounce(parse_bounce({**BOUNCE, "StateID": state}), {}) is None


@pytest.mark.parametrize("state", [1, 4, 13, 22, None, 0, "unknown", {}])
def test_every_other_row_is_a_bounce_whatever_it_says(state: object) -> None:
    row = _row(to_bounce(parse_bounce({**BOUNCE, "StateID": state, "IsStatePermanent": False, "IsBlocked": True}), {}))
    assert (row["bounce_type"], row["is_blocked"]) == ("soft", True)
    assert "error" not in row


@pytest.mark.parametrize("state", [None, 0, -1, "unknown", 99, {}])
def test_a_blocked_message_whose_state_nobody_knows_has_no_error(state: object) -> None:
    row = _row(to_block(parse_block({**BLOCKED_MESSAGE, "StateID": state}), {"20": State("20", "blacklisted", None)}))
    assert row["id"] == "mailjet-blocked-1152921504606846977"
    assert not {"error", "error_related_to"} & row.keys()


def test_a_blocked_message_needs_no_time() -> None:
    assert parse_block({**BLOCKED_MESSAGE, "ArrivedAt": None}).at == 0


def test_an_open_in_a_history_is_no_engagement() -> None:
    assert to_engagement(parse_message(MESSAGE), HistoryEvent("open", 1514862245, None, None)) is None


@pytest.mark.parametrize(
    "custom, name",
    [("spring", "spring"), (None, "Subject"), ("mj.nl=123", "Subject"), ("mj.nl", "mj.nl")],
)
def test_the_campaigns_name_is_its_custom_value_unless_mailjet_made_it_up(custom: str | None, name: str) -> None:
    campaign = Campaign("51", "Subject", custom, None)
    assert campaign_name(campaign) == name
    row = _row(to_open(parse_open(OPEN)), Surroundings(campaigns={"51": campaign}))
    assert row.get("custom_campaign") == custom


def test_who_it_was_is_the_user_id_else_the_address_else_the_contact_else_the_message() -> None:
    event = to_open(parse_open(OPEN))
    erased = parse_message({**MESSAGE, "ContactAlt": ""})
    shouted = parse_message({**MESSAGE, "ContactAlt": "Passenger@Example.COM"})
    deleted = parse_message({**MESSAGE, "ContactAlt": "2d1f6@Domain.invalid"})
    nobody = to_open(parse_open({**OPEN, "ContactID": 0}))
    number = event.email_id
    people = [
        _row(event),
        _row(event, Surroundings(messages=SURROUNDINGS.messages)),
        _row(event, Surroundings(messages={number: erased}, addresses={"987": "a@b.example"})),
        _row(event, Surroundings(messages={number: erased}, addresses={"987": None})),
        _row(nobody, Surroundings()),
        _row(event, SURROUNDINGS, "custom_id"),
        _row(event, Surroundings(messages={number: shouted}), "address"),
        _row(event, Surroundings(messages={number: deleted}), "address"),
    ]
    assert [(row.get("user_id"), row.get("anonymous_id")) for row in people] == [
        ("u-1", None),
        (None, "passenger@example.com"),
        (None, "a@b.example"),
        (None, "mailjet-contact-987"),
        (None, f"mailjet-message-{number}"),
        ("trip-7", None),
        ("passenger@example.com", None),
        (None, "mailjet-contact-987"),
    ]


@pytest.mark.parametrize(
    "value, is_number, user_id",
    [
        (" u-1 ", False, "u-1"),
        ("", False, None),
        ("   ", False, None),
        (None, False, None),
        (42, False, "42"),
        (12345678901234567890123, False, "12345678901234567890123"),
        (Decimal("42.0"), False, "42"),
        (Decimal("1E+21"), False, "1000000000000000000000"),
        (Decimal("0.50"), False, "0.5"),
        (Decimal("12345678901234567890.0"), False, "12345678901234567890"),
        ("42.0", True, "42"),
        ("1e3", True, "1000"),
        ("42.0", False, "42.0"),
        ("0042", False, "0042"),
        (Decimal("1e999999999"), False, "1E+999999999"),
        ("1e-999999999", True, "1e-999999999"),
        ("u-\ud83d", False, "u-\ufffd"),
        (True, False, "true"),
        ({"a": 1}, False, None),
    ],
)
def test_a_user_id_is_trimmed_text_and_numbers_have_no_exponent(
    value: Any, is_number: bool, user_id: str | None
) -> None:
    assert to_user_id(value, is_number) == user_id


def test_a_property_is_found_whatever_the_case_of_its_name() -> None:
    row = {"ContactID": 7, "ID": 7, "Data": [{"Name": "plan", "Value": "x"}, {"Name": "USERID", "Value": "u-7"}]}
    wanted = Property("userId", is_number=False)
    assert parse_owned(row, wanted) == ("7", "u-7")
    assert parse_owned({"ID": 7, "Data": []}, wanted) == ("7", None)


def test_of_properties_that_differ_in_case_alone_the_exact_name_counts() -> None:
    twins = [{"Name": "USERID", "Value": "other"}, {"Name": "userId", "Value": "u-7"}]
    wanted = Property("userId", is_number=False, has_twin=True)
    assert parse_owned({"ID": 7, "Data": twins}, wanted) == ("7", "u-7")
    assert parse_owned({"ID": 7, "Data": twins[:1]}, wanted) == ("7", None)


@pytest.mark.parametrize(
    "parse, row",
    [
        (parse_open, {**OPEN, "MessageID": True}),
        (parse_open, {**OPEN, "OpenedAt": None}),
        (parse_open, {**OPEN, "OpenedAt": 1514862245}),
        (parse_open, {**OPEN, "OpenedAt": "2018-01-02T03:04.05Z"}),
        (parse_open, {**OPEN, "OpenedAt": "2018-W01-2T03:04:05Z"}),
        (parse_click, {**CLICK, "Message": {}}),
        (parse_click, {**CLICK, "ClickedAt": "soon"}),
        (parse_bounce, {**BOUNCE, "ID": "seven"}),
        (parse_bounce, {**BOUNCE, "BouncedAt": ""}),
        (parse_message, {**MESSAGE, "ID": "12x"}),
        (parse_message, {**MESSAGE, "ArrivedAt": ""}),
        (parse_message, {**MESSAGE, "ArrivedAt": "0001-01-01T00:00:00Z"}),
        (parse_message, {**MESSAGE, "ArrivedAt": "2018-13-01T00:00:00Z"}),
        (parse_history_event, {"EventType": "unsub"}),
        (parse_history_event, {"EventAt": 253402300800, "EventType": "spam"}),
        (parse_history_event, {"EventAt": -1, "EventType": "Sent"}),
        (parse_open, {**OPEN, "MessageID": "1" * 5_000}),
    ],
)
def test_a_row_whose_id_or_time_cannot_be_read_is_malformed_not_skipped(parse: Any, row: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        parse(json.loads(json.dumps(row)))


NO_ID = [0, "0", -1, "-1", "", " ", None]
"""What stands where no object is named."""


@pytest.mark.parametrize("number", NO_ID)
@pytest.mark.parametrize(
    "parse, row, name, time",
    [
        (parse_open, OPEN, "MessageID", "OpenedAt"),
        (parse_click, CLICK, "Message", "ClickedAt"),
        (parse_bounce, BOUNCE, "ID", "BouncedAt"),
        (parse_message, MESSAGE, "ID", "ArrivedAt"),
    ],
)
def test_a_row_that_names_no_message_is_read_whatever_else_it_holds(
    parse: Any, row: dict[str, Any], name: str, time: str, number: object
) -> None:
    assert parse({**row, name: number}).email_id == NOTHING
    assert parse({**row, name: number, time: "soon"}).email_id == NOTHING


UNREADABLE = [*NO_ID, "n/a", {"a": 1}, [3], True, False, 1 << 64]
"""What stands where an ID should, and is none."""


@pytest.mark.parametrize("value", UNREADABLE)
@pytest.mark.parametrize(
    "parse, row, name, column",
    [
        (parse_open, OPEN, "ContactID", "contact_id"),
        (parse_open, OPEN, "CampaignID", "campaign_id"),
        (parse_open, OPEN, "UserAgentID", "agent_id"),
        (parse_click, CLICK, "Contact", "contact_id"),
        (parse_click, CLICK, "ID", "row_id"),
        (parse_bounce, BOUNCE, "CampaignID", "campaign_id"),
        (parse_bounce, BOUNCE, "StateID", "state_id"),
        (parse_message, MESSAGE, "ContactID", "contact_id"),
        (parse_campaign, {"ID": 51}, "ListID", "list_id"),
    ],
)
def test_an_id_that_cannot_be_read_is_absent(
    parse: Any, row: dict[str, Any], name: str, column: str, value: object
) -> None:
    assert getattr(parse({**row, name: value}), column) is None


@pytest.mark.parametrize("delay", ["n/a", {}, 2**63, "", "1e400"])
def test_a_delay_that_cannot_be_read_is_absent(delay: object) -> None:
    assert parse_click({**CLICK, "ClickedDelay": delay}).delay_s is None


@pytest.mark.parametrize("url", [None, 7, {}])
def test_a_click_without_a_url_has_the_empty_one(url: object) -> None:
    event = to_click(parse_click({**CLICK, "Url": url}))
    # printf '' | sha256sum
    assert event.id == "mailjet-clicked-1152921504606846977-1514862305-e3b0c442"
    assert _row(event)["link_id"] == "e3b0c44298fc1c14"


@pytest.mark.parametrize("parse", [parse_campaign, parse_agent, parse_list, parse_contact, parse_message_state])
@pytest.mark.parametrize("number", UNREADABLE)
def test_an_object_that_no_event_can_refer_to_is_read_as_nothing(parse: Any, number: object) -> None:
    assert parse({"ID": number})[0] == NOTHING


@pytest.mark.parametrize("row", [{"ID": -1, "Data": []}, {"ContactID": 7, "Data": "userId=u-1"}, {"Data": {}}])
def test_contact_data_that_cannot_be_read_is_nobodys(row: dict[str, Any]) -> None:
    assert parse_owned(row, Property("userId", is_number=False)) == (NOTHING, None)


@pytest.mark.parametrize("status", ["queued", "unknown", "deferred", "hardbounced", "blocked", None])
def test_a_message_that_was_not_delivered_needs_no_time(status: str | None) -> None:
    assert parse_message({**MESSAGE, "Status": status, "ArrivedAt": ""}).arrived_at == 0


@pytest.mark.parametrize("row", [{}, {"EventType": "open"}, {"EventAt": "soon", "EventType": "click"}])
def test_a_history_row_of_another_kind_needs_no_time(row: dict[str, Any]) -> None:
    assert parse_history_event(row).at == 0
    assert parse_history_event({"EventType": "sent"}, needed={"unsub"}).at == 0


@pytest.mark.parametrize("delay", [-1, 63_902_908_800])
def test_a_delay_that_cannot_be_tells_nothing_of_the_sending(delay: int) -> None:
    click = parse_click({**CLICK, "ClickedDelay": delay})
    assert click.delay_s == delay
    assert to_click(click).sent_at is None
