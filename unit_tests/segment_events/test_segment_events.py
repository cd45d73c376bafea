"""The laws of the shared package: a row and its call are one thing; ids and instants are stable."""

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segment_events.event_id import event_id
from segment_events.instants import format_instant, format_second, parse_instant, parse_second, to_utc, unix_seconds
from segment_events.kinds import CLICKED, COMMON_COLUMNS, DELIVERED, KINDS, OPENED, columns_of, slug
from segment_events.person import Person
from segment_events.row import RowError, add, begin_row, blank_row, parse_row, to_tracks_row

AT = datetime(2026, 1, 31, 23, 59, 59, tzinfo=timezone.utc)
ROW = {
    "id": "mailjet-opened-1-2",
    "event": "email_opened",
    "event_text": "Email Opened",
    "timestamp": "2026-01-31T23:59:59Z",
    "original_timestamp": "2026-01-31T23:59:59Z",
    "received_at": "2026-01-31T23:59:59Z",
    "sent_at": "2026-01-31T23:59:59Z",
    "anonymous_id": "a@example.com",
    "context_traits_email": "a@example.com",
    "context_user_agent": "UA",
    "context_library_name": "n",
    "context_library_version": "1",
    "email_id": "1",
    "is_bot": False,
}


LAST_SECOND = 253_402_300_799
LIBRARY = {"name": "sender", "version": "2"}


def test_a_row_is_the_same_call_by_another_sender() -> None:
    assert parse_row(ROW, LIBRARY) == {
        "type": "track",
        "event": "Email Opened",
        "messageId": "mailjet-opened-1-2",
        "anonymousId": "a@example.com",
        "timestamp": "2026-01-31T23:59:59Z",
        "properties": {"email_id": "1", "is_bot": False},
        "context": {"traits": {"email": "a@example.com"}, "userAgent": "UA", "library": LIBRARY},
    }


def test_a_row_has_segments_columns() -> None:
    at = format_second(unix_seconds(AT))
    row = begin_row(blank_row("Email Opened", at, {}), "mailjet-opened-1-2", at, Person(None, "a@example.com"))
    add(row, {name: ROW.get(name) for name in [*COMMON_COLUMNS, "custom_id", *ROW] if name not in row})
    assert row == ROW


def test_tracks_holds_the_common_columns_only() -> None:
    assert to_tracks_row(ROW) == {name: value for name, value in ROW.items() if name not in {"email_id", "is_bot"}}


def test_every_table_is_named_after_its_event() -> None:
    assert [slug(kind.event_text) for kind in KINDS] == [kind.stream for kind in KINDS]
    assert all(set(COMMON_COLUMNS) <= set(columns_of(kind.stream)) for kind in KINDS)


@pytest.mark.parametrize(
    "change, why",
    [
        ({"id": None}, "no id"),
        ({"id": "  "}, "no id"),
        ({"event_text": None}, "event name"),
        ({"anonymous_id": ""}, "neither user_id nor anonymous_id"),
        ({"timestamp": None}, "timestamp"),
        ({"timestamp": 1769903999}, "timestamp"),
        ({"timestamp": "2026-02-30T00:00:00Z"}, "timestamp"),
    ],
)
def test_a_row_that_segment_would_drop_says_why(change: dict[str, object], why: str) -> None:
    with pytest.raises(RowError, match=why):
        parse_row({**ROW, **change}, LIBRARY)


def test_context_columns_of_any_segment_warehouse_nest_as_segment_spells_them() -> None:
    flat = {
        "context_active": True,
        "context_app_version": "1.2",
        "context_campaign_source": "news",
        "context_campaign_my_own": "x",
        "context_device_ad_tracking_enabled": False,
        "context_device_advertising_id": "d-1",
        "context_device_model": "m",
        "context_group_id": "g-1",
        "context_library_version": "another's",
        "context_location_city": "Paris",
        "context_network_wifi": True,
        "context_os_name": "iOS",
        "context_page_url": "https://example.com/",
        "context_page_path": "/",
        "context_referrer_type": "t",
        "context_screen_density": 2,
        "context_timezone": "Europe/Paris",
        "context_traits_first_name": "A",
        "context_user_agent": "UA",
        "context_user_agent_data_platform_version": "13",
        "context_user_agent_data_mobile": False,
    }
    row = {name: value for name, value in ROW.items() if not name.startswith("context_")}
    assert parse_row({**row, **flat}, LIBRARY)["context"] == {
        "active": True,
        "app": {"version": "1.2"},
        "campaign": {"source": "news", "my_own": "x"},
        "device": {"adTrackingEnabled": False, "advertisingId": "d-1", "model": "m"},
        "groupId": "g-1",
        "library": LIBRARY,
        "location": {"city": "Paris"},
        "network": {"wifi": True},
        "os": {"name": "iOS"},
        "page": {"url": "https://example.com/", "path": "/"},
        "referrer": {"type": "t"},
        "screen": {"density": 2},
        "timezone": "Europe/Paris",
        "traits": {"first_name": "A"},
        "userAgent": "UA",
        "userAgentData": {"platformVersion": "13", "mobile": False},
    }


def test_unknown_context_columns_and_airbytes_own_find_their_place() -> None:
    more = {"context_locale": "fr", "context_library": "x", "_airbyte_raw_id": "x", "comment": None, "context_ip": None}
    call = parse_row({**ROW, **more}, LIBRARY)
    ours = {"traits": {"email": "a@example.com"}, "userAgent": "UA", "library": LIBRARY}
    assert call["context"] == {**ours, "locale": "fr"}
    assert call["properties"] == {"email_id": "1", "is_bot": False}


@pytest.mark.parametrize(
    "columns, traits",
    [
        ({"context_traits": {"plan": "a"}, "context_traits_email": "b"}, {"plan": "a", "email": "b"}),
        ({"context_traits": "a", "context_traits_email": "b"}, "a"),
        ({"context_traits_email": "b", "context_traits": None}, {"email": "b"}),
        ({"context_traits_email": "b", "context_traits": {"plan": "a"}}, {"plan": "a", "email": "b"}),
    ],
)
def test_a_column_that_holds_a_whole_part_of_the_context_is_kept(columns: dict[str, object], traits: object) -> None:
    row = {name: value for name, value in ROW.items() if not name.startswith("context_")}
    assert parse_row({**row, **columns}, LIBRARY)["context"]["traits"] == traits


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2026-01-31T23:59:59Z", "2026-01-31T23:59:59Z"),
        ("2026-01-31 23:59:59", "2026-01-31T23:59:59Z"),
        ("2026-02-01T01:59:59.250+02:00", "2026-01-31T23:59:59.25Z"),
        ("2026-01-31T18:29:59.123456789-0530", "2026-01-31T23:59:59.123456Z"),
        ("2026-01-31T22:59:59-01", "2026-01-31T23:59:59Z"),
    ],
)
def test_instants_are_read_with_any_offset_and_written_in_utc(text: str, expected: str) -> None:
    assert format_instant(parse_instant(text)) == expected


def test_an_instant_in_the_form_that_is_written_is_taken_as_it_is_exactly_where_it_can_be() -> None:
    """Every day that can be written of an ordinary, a leap, a centennial and three odd years, and hours, minutes."""
    days = [
        f"{year}-{m:02d}-{d:02d}"
        for year in ("2023", "2024", "2100", "0000", "0999", "3000")
        for m in range(14)
        for d in range(33)
    ]
    times = [
        f"{h:02d}:{m:02d}:{s:02d}" for h in (0, 9, 10, 19, 20, 23, 24, 30) for m in (0, 59, 60) for s in (0, 59, 60)
    ]
    texts = [f"{day}T12:00:00Z" for day in days] + [f"2026-01-31T{time}Z" for time in times]
    texts += [
        "2026-01-31T23:59:59Z\n",
        "\N{FULLWIDTH DIGIT TWO}026-01-31T23:59:59Z",
        "2026-01-31T23:59:59",
        "2026-01-31t23:59:59z",
    ]
    for text in texts:
        try:
            expected = format_instant(parse_instant(text))
        except ValueError:
            with pytest.raises(ValueError):
                to_utc(text)
        else:
            assert to_utc(text) == expected


@pytest.mark.parametrize(
    "text", ["", "2026-01-31", "0001-01-01T00:00:00+23:00", "1769903999", "2026-13-01T00:00:00Z", "now"]
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_instant(text)


def test_ids_tell_apart_what_can_happen_twice_and_nothing_else() -> None:
    assert unix_seconds(AT) == 1769903999
    assert event_id(DELIVERED, "7", AT) == "mailjet-delivered-7"
    assert event_id(OPENED, "7", AT) == "mailjet-opened-7-1769903999"
    # sha256("https://example.com/") by sha256sum
    assert event_id(CLICKED, "7", AT, "https://example.com/") == "mailjet-clicked-7-1769903999-0f115db0"


@given(st.integers(-(10**9), LAST_SECOND))
def test_a_second_is_written_as_its_instant_and_read_again(second: int) -> None:
    written = format_second(second)
    assert written == format_instant(datetime.fromtimestamp(second, timezone.utc))
    assert parse_second(written) == second


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T23:59:60Z",
        "2026-01-31T24:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-31 23:59:59Z",
        "2026-W05-6T23:59:59Z",
        "2026-01-31T23:59:59",
        "2026-01-31T23:59:59+00:00",
        "2026-01-31T23:59:5\u0669Z",
        "2\u0660\u06626-01-31T23:59:59Z",
        "",
    ],
)
def test_a_second_has_one_form(text: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        parse_second(text)
