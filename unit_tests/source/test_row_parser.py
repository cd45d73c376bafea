"""A page that is read at once holds what its rows hold, whatever is in them; and usual pages are read at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from mailjet_rest.errors import MalformedError
from mailjet_rest.outcome import parse_envelope
from mailjet_rest.row_parser import RowParser
from mailjet_rest.rows import (
    parse_agent,
    parse_bounce,
    parse_campaign,
    parse_click,
    parse_contact,
    parse_list,
    parse_message,
    parse_message_state,
    parse_open,
)
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.source.test_rows_and_events import BOUNCE, CLICK, MESSAGE, OPEN

PARSERS: list[tuple[RowParser[Any], dict[str, Any]]] = [
    (parse_open, OPEN),
    (parse_click, CLICK),
    (parse_bounce, BOUNCE),
    (parse_message, MESSAGE),
    (parse_campaign, {"ID": 51, "Subject": "Hello", "CustomValue": "", "ListID": 8}),
    (parse_agent, {"ID": 3, "Browser": "Chrome", "Platform": "Linux", "IsBot": False, "IsMobile": "true"}),
    (parse_list, {"ID": 8, "Name": "Friends"}),
    (parse_contact, {"ID": 987, "Email": "passenger@example.com"}),
    (parse_message_state, {"ID": 1, "State": "user unknown", "RelatedTo": "recipient"}),
]
ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**63 - 2, 2**64 + 2)
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(
        ["", " ", "0", "-1", "7", " 7 ", "true", "FALSE", "\ud83d", "2018-01-01T00:00:00Z", "1969-12-31T23:59:59Z"]
    )
    | st.sampled_from(["2018-01-01 00:00:00", "2018-01-01T00:00:00.5+02:00", "Sent", "queued", "1.5", "1" * 30])
    | st.lists(st.integers(), max_size=1)
    | st.dictionaries(st.text(max_size=1), st.integers(), max_size=1)
)
SPELLINGS = ["Contact", "ContactID", "Message", "MessageID", "UserAgent", "Campaign", "State", "List"]


@st.composite
def pages(draw: st.DrawFn) -> tuple[RowParser[Any], bytes]:
    """A page of three rows of any type, in which a few values are odd, or under another name."""
    parse, row = draw(st.sampled_from(PARSERS))
    rows = [dict(row) for _ in range(3)]
    for _ in range(draw(st.integers(0, 3))):
        changed = draw(st.sampled_from(rows))
        changed[draw(st.sampled_from([*row, *SPELLINGS]))] = draw(ODD)
    return parse, json.dumps({"Count": 3, "Data": rows, "Total": 3}).encode()


def outcome(body: bytes, parse: Callable[[Any], Any]) -> object:
    try:
        return parse_envelope(body, parse)
    except MalformedError as error:
        return str(error)


@given(pages())
def test_a_page_that_is_read_at_once_holds_what_its_rows_hold(page: tuple[RowParser[Any], bytes]) -> None:
    parse, body = page
    assert outcome(body, parse) == outcome(body, lambda row: parse(row))


@pytest.mark.parametrize("parse, row", PARSERS, ids=lambda value: "" if isinstance(value, dict) else None)
def test_rows_as_mailjet_documents_them_are_read_at_once(parse: RowParser[Any], row: dict[str, Any]) -> None:
    body = json.dumps({"Count": 2, "Data": [row, row], "Total": 2}).encode()
    assert parse.page(body) == [parse(row), parse(row)]
    assert parse.page(b'{"Count":0,"Data":[],"Total":0}') == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"Count":2,"Data":[{"ID":1}],"Total":1}',
        b'{"Count":1,"Data":[{"ID":1}],"Total":1',
        b'{"Count":1,"Data":[[]],"Total":1}',
        b'{"Data":[{"ID":1}]}',
        b'{"Count":1,"Data":[{"ID":"\\ud83d"}]}',
        b"[" * 100_000,
        b"\xff",
        b"",
    ],
)
def test_a_page_that_does_not_fit_is_read_row_by_row(body: bytes) -> None:
    assert parse_list.page(body) is None


@pytest.mark.parametrize(
    "path, parse",
    [
        ("message", parse_message),
        ("openinformation", parse_open),
        ("clickstatistics", parse_click),
        ("bouncestatistics", parse_bounce),
    ],
)
def test_pages_of_an_account_are_read_at_once(path: str, parse: RowParser[Any]) -> None:
    with Sandbox(seed=5, messages=3_000, days=20) as sandbox:
        key = (sandbox.api_key, sandbox.api_key_secret)
        body = requests.get(f"{sandbox.mailjet_url}/v3/REST/{path}", {"Limit": 1000}, auth=key, timeout=5).content
    assert len(parse.page(body) or ()) == len(json.loads(body)["Data"]) > 50
