"""The Mailjet server: credentials, envelope, paging, errors, and the spellings in which a row may arrive."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches

Get = Callable[..., requests.Response]
GetFrom = Callable[..., requests.Response]
RowsOf = Callable[..., list[dict[str, Any]]]
Count = Callable[..., int]

EVENTS = ["openinformation", "clickstatistics", "bouncestatistics"]
PEOPLE = ["contact", "contactdata", "contactmetadata", "contactslist"]
LISTED = [*EVENTS, *PEOPLE, "message", "campaign", "useragent", "messagestate"]


@pytest.mark.parametrize("auth", [None, ("wrong", "pair"), (Sandbox.api_key, "wrong")])
def test_a_wrong_pair_of_keys_gets_401_in_mailjets_words(sandbox: Sandbox, auth: tuple[str, str] | None) -> None:
    answer = requests.get(f"{sandbox.mailjet_url}/v3/REST/message", auth=auth, timeout=5)
    assert answer.status_code == answer.json()["StatusCode"] == 401
    assert set(answer.json()) == {"ErrorInfo", "ErrorMessage", "StatusCode"}


@pytest.mark.parametrize("path", LISTED)
def test_count_and_total_are_the_rows_of_the_page(path: str, get: Get) -> None:
    page = get(path, Limit=2).json()
    assert page["Count"] == page["Total"] == len(page["Data"]) == 2


@pytest.mark.parametrize("path", LISTED)
def test_a_page_has_ten_rows_unless_asked(path: str, get: Get, count: Count) -> None:
    assert len(get(path).json()["Data"]) == min(10, count(path))


@pytest.mark.parametrize("path", LISTED)
def test_pages_join_without_gap_and_their_number_is_what_count_only_says(path: str, rows: RowsOf, count: Count) -> None:
    whole = [row for offset in (0, 1_000) for row in rows(path, Offset=offset)]
    assert [row for offset in range(0, 21, 7) for row in rows(path, Limit=7, Offset=offset)] == whole[:21]
    assert count(path) == len(whole)


def test_a_page_has_a_thousand_rows_at_most(rows: RowsOf) -> None:
    assert len(rows("message", Limit=5_000)) == 1_000


def test_the_default_page_of_properties_does_not_hold_the_one_that_matters(rows: RowsOf) -> None:
    assert "UserId" not in {row["Name"] for row in rows("contactmetadata", Limit=10)}
    assert "UserId" in {row["Name"] for row in rows("contactmetadata")}


@pytest.mark.parametrize(
    ("path", "query", "code", "message"),
    [
        ("contact/1", {}, 404, "Object not found"),
        ("message/12345678901234567", {}, 404, "Object not found"),
        ("messagehistory/12345678901234567", {}, 404, "Object not found"),
        ("campaign/none", {}, 404, "Object not found"),
        ("openinformation/1", {}, 404, "Object not found"),
        ("contactlist", {}, 400, "Unknown resource"),
        ("message", {"Sort": "Status"}, 400, "Cannot sort on field Status"),
        ("openinformation", {"Sort": "OpenedAt+DESC"}, 400, "Cannot sort on field OpenedAt"),
        ("message", {"FromTs": 1}, 400, "Unknown filter: FromTs"),
        ("message", {"MessageStatus": 12}, 400, "MessageStatus"),
        ("message", {"MessageStatus": "unsub"}, 400, "MessageStatus"),
        ("message", {"ShowSubject": "maybe"}, 400, "ShowSubject"),
        ("message", {"Offset": -1}, 400, "Offset"),
        ("openinformation", {"EventFromTs": "yesterday"}, 400, "EventFromTs"),
    ],
)
def test_what_cannot_be_answered_says_why(
    path: str, query: dict[str, object], code: int, message: str, get: Get
) -> None:
    answer = get(path, **query)
    assert answer.status_code == answer.json()["StatusCode"] == code
    assert message in answer.json()["ErrorMessage"]


def test_relations_have_their_openapi_names_where_switched(sandbox: Sandbox, rows: RowsOf) -> None:
    sandbox.switches = Switches(names="openapi")
    assert {"Campaign", "Contact", "MessageID", "UserAgent"} <= set(rows("openinformation")[0])
    assert {"Contact", "Message", "UserAgent"} <= set(rows("clickstatistics")[0])
    assert {"Campaign", "Contact", "State"} <= set(rows("bouncestatistics")[0])
    assert {"Campaign", "Contact", "State"} <= set(rows("message")[0])
    assert {"List", "ID"} <= set(rows("campaign")[0])


@pytest.mark.parametrize("path", ["message", "openinformation", "clickstatistics", "bouncestatistics", "contact"])
def test_some_rows_have_numbers_and_booleans_as_text_unless_switched(sandbox: Sandbox, path: str, rows: RowsOf) -> None:
    def types(name: str) -> set[type]:
        return {type(row[name]) for row in rows(path) if name in row}

    names = ("ContactID", "MessageID", "ID", "IsBlocked", "StatePermanent", "IsOptInPending")
    mixed = [types(name) for name in names if types(name)]
    assert {str} < mixed[0]
    assert all(str in each and len(each) == 2 for each in mixed)
    sandbox.switches = Switches(numbers_as_text=False)
    assert all(str not in types(name) for name in names)


def test_a_forbidden_resource_gets_403(sandbox: Sandbox, get: Get) -> None:
    sandbox.switches = Switches(forbidden=frozenset({"contactdata"}))
    assert get("contactdata").status_code == get("contactdata/1").status_code == 403
    assert get("contact").status_code == 200


@pytest.mark.parametrize("retry_after", [None, "1"])
def test_above_the_rate_limit_is_429_until_the_second_is_over(retry_after: str | None, get_from: GetFrom) -> None:
    switches = Switches(max_requests_per_second=3, retry_after=retry_after)
    with Sandbox(messages=10, switches=switches) as sandbox:
        answers = [get_from(sandbox, "messagestate") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[-1].headers.get("Retry-After") == retry_after
        time.sleep(1)
        assert get_from(sandbox, "messagestate").status_code == 200


def test_the_date_may_be_of_another_clock_than_the_accounts(sandbox: Sandbox, get: Get, count: Count) -> None:
    shown = count("message")
    sandbox.switches = Switches(date_ahead_s=-600)
    date = parsedate_to_datetime(get("message").headers["Date"])
    assert sandbox.now - date == timedelta(seconds=600)
    assert count("message") == shown


def test_latency_is_per_request_and_not_a_queue(sandbox: Sandbox, get: Get) -> None:
    sandbox.switches = Switches(latency_s=0.2)
    threads = [threading.Thread(target=get, args=("messagestate",)) for _ in range(5)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.2 <= time.monotonic() - began < 0.8


def test_switches_do_not_reach_into_pages_that_were_kept(sandbox: Sandbox, rows: RowsOf) -> None:
    before = rows("message")
    sandbox.switches = Switches(names="openapi")
    assert rows("message") != before
    sandbox.switches = Switches()
    assert rows("message") == before
