"""Faults happen to the requests that their rows name, and to no other."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

import pytest
import requests

from mailjet_sandbox.faults import (
    Action,
    Fault,
    FaultMiddleware,
    after,
    calling,
    counted_as,
    cut_off,
    data_instead,
    data_missing,
    delay,
    echoed_credentials,
    empty_body,
    first_rows,
    html_page,
    if_body,
    only_rows,
    repeated_page,
    reset,
    reset_midway,
    row_with,
    row_without,
    shifted,
    status,
    ten_rows,
    throttled_until,
    trickle,
)
from mailjet_sandbox.serving import Receive, Scope, Send, serving

ROWS = [{"ID": number, "Name": f"row {number}"} for number in range(30)]


class Rows:
    """An app that serves pages of `ROWS` and counts the requests that reached it."""

    def __init__(self) -> None:
        self.served = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.served += 1
        query = dict(parse_qsl(scope["query_string"].decode()))
        offset, limit = int(query.get("Offset", 0)), int(query.get("Limit", 20))
        body = json.dumps({"Data": ROWS[offset : offset + limit]}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@contextmanager
def served(*faults: Fault) -> Iterator[tuple[str, Rows]]:
    rows = Rows()
    with serving([FaultMiddleware(rows, faults, root="/v3/REST/")]) as [origin]:
        yield f"{origin}/v3/REST", rows


def answer_of(action: Action, query: str = "") -> requests.Response:
    with served(Fault("message", action)) as (url, _):
        return requests.get(f"{url}/message{query}", auth=("the-key", "the-secret"), timeout=5)


def test_only_the_nth_matching_requests_are_met() -> None:
    with served(Fault("message", status(503), nth=2, times=2)) as (url, _):
        codes = [requests.get(f"{url}/message", timeout=5).status_code for _ in range(5)]
    assert codes == [200, 503, 503, 200, 200]


def test_a_fault_without_times_lasts_for_ever() -> None:
    with served(Fault("", status(500), nth=2, times=None)) as (url, _):
        assert [requests.get(f"{url}/any", timeout=5).status_code for _ in range(4)] == [200, 500, 500, 500]


@pytest.mark.parametrize(
    ("path", "code"), [("message", 500), ("message/12", 500), ("messagehistory/12", 200), ("contact", 200)]
)
def test_a_path_is_matched_by_whole_segments(path: str, code: int) -> None:
    with served(Fault("message", status(500))) as (url, _):
        assert requests.get(f"{url}/{path}", timeout=5).status_code == code


def test_a_fault_can_ask_for_query_parameters() -> None:
    with served(Fault("message", status(500), query={"MessageStatus": "7"})) as (url, _):
        assert requests.get(f"{url}/message?MessageStatus=6", timeout=5).status_code == 200
        assert requests.get(f"{url}/message?MessageStatus=7&Limit=5", timeout=5).status_code == 500


def test_every_matching_row_counts_and_the_first_acts() -> None:
    with served(Fault("a", status(500)), Fault("a", status(429), nth=2)) as (url, _):
        assert [requests.get(f"{url}/a", timeout=5).status_code for _ in range(3)] == [500, 429, 200]


def test_a_status_comes_with_its_headers_and_body() -> None:
    answer = answer_of(status(429, {"StatusCode": 429}, retry_after="3"))
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (429, "3", {"StatusCode": 429})


def test_a_status_is_answered_without_the_app_and_after_it_with_the_app() -> None:
    with served(Fault("", status(500)), Fault("", after(status(502)), nth=2)) as (url, rows):
        assert requests.post(url, data=b"x" * 100_000, timeout=5).status_code == 500
        assert rows.served == 0
        assert requests.post(url, data=b"x" * 100_000, timeout=5).status_code == 502
        assert rows.served == 1


@pytest.mark.parametrize("action", [reset(), reset_midway(), after(reset())])
def test_a_reset_cuts_the_connection(action: Action) -> None:
    with served(Fault("", action)) as (url, _):
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            requests.get(url, timeout=5)
        assert requests.get(url, timeout=5).ok


def test_a_reset_midway_comes_after_the_headers_and_some_of_the_body() -> None:
    with served(Fault("", reset_midway())) as (url, _):
        address = ("127.0.0.1", int(url.split(":")[2].split("/")[0]))
        with socket.create_connection(address, timeout=5) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            first = client.recv(65536)
            assert first.startswith(b"HTTP/1.1 200")
            time.sleep(0.1)
            client.setblocking(False)
            with pytest.raises(ConnectionResetError):
                list(iter(lambda: client.recv(65536), b""))


def test_cut_off_json_has_status_200_and_its_length_is_right() -> None:
    answer = answer_of(cut_off())
    assert answer.ok
    assert len(answer.content) == int(answer.headers["Content-Length"])
    with pytest.raises(ValueError, match=r"."):
        answer.json()


def test_wrong_bodies() -> None:
    assert answer_of(empty_body()).content == b""
    assert answer_of(html_page()).text.startswith("<html>")
    assert answer_of(html_page(502)).status_code == 502
    assert answer_of(data_missing()).json() == {}
    assert answer_of(data_instead(None)).json() == {"Data": None}
    assert answer_of(data_instead({"ID": 1})).json() == {"Data": {"ID": 1}}
    assert answer_of(row_without("ID"), "?Limit=2").json() == {"Data": [{"Name": "row 0"}, ROWS[1]]}


def test_a_row_has_other_values_in_the_fields_it_has() -> None:
    assert answer_of(row_with(Name=None, Other=1), "?Limit=2").json() == {"Data": [{"ID": 0, "Name": None}, ROWS[1]]}


def test_a_page_of_some_of_its_rows_counts_those() -> None:
    answer = answer_of(only_rows(lambda row: row["ID"] % 7 == 3))
    assert answer.json() == {"Count": 3, "Data": [ROWS[3], ROWS[10], ROWS[17]], "Total": 3}
    assert answer_of(only_rows(lambda row: False)).json() == {"Count": 0, "Data": [], "Total": 0}


def test_a_date_to_wait_until_is_counted_from_the_answer() -> None:
    answer = answer_of(throttled_until(30))
    until = parsedate_to_datetime(answer.headers["Retry-After"])
    assert answer.status_code == 429
    assert timedelta(seconds=0) < until - datetime.now(timezone.utc) <= timedelta(seconds=30)


def test_a_call_is_made_before_the_answer_which_is_right_or_another_fault() -> None:
    called: list[int] = []
    assert answer_of(calling(lambda: called.append(1))).json() == {"Data": ROWS[:20]}
    assert answer_of(calling(lambda: called.append(2), status(500))).status_code == 500
    assert called == [1, 2]


def test_a_fault_can_depend_on_the_body() -> None:
    with served(Fault("", if_body(lambda body: b"x" in body, status(400)), times=None)) as (url, rows):
        assert requests.post(url, data=b"a", timeout=5).json() == {"Data": ROWS[:20]}
        assert requests.post(url, data=b"axa", timeout=5).status_code == 400
        assert rows.served == 1


def test_a_listing_shifts_under_pages_after_the_first() -> None:
    assert answer_of(shifted(3), "?Limit=5").json()["Data"] == ROWS[:5]
    assert answer_of(shifted(3), "?Limit=5&Offset=5").json()["Data"] == ROWS[8:13]
    assert answer_of(shifted(-3), "?Limit=5&Offset=5").json()["Data"] == ROWS[2:7]


def test_wrong_pages() -> None:
    assert answer_of(repeated_page(), "?Offset=20").json()["Data"] == ROWS[:20]
    assert answer_of(ten_rows(), "?Limit=1000&Offset=5").json()["Data"] == ROWS[5:15]


def test_a_page_that_ends_early_says_how_many_rows_it_has_or_anything_else() -> None:
    assert answer_of(first_rows(3), "?Limit=10").json() == {"Count": 3, "Data": ROWS[:3], "Total": 3}
    assert answer_of(first_rows(0, claimed=8), "?Limit=10").json() == {"Count": 8, "Data": [], "Total": 0}
    answer = answer_of(counted_as(7), "?Limit=2").json()
    assert (answer["Count"], answer["Data"]) == (7, ROWS[:2])


def test_credentials_are_echoed_decoded_too() -> None:
    answer = answer_of(echoed_credentials())
    assert "the-key:the-secret" in answer.json()["ErrorMessage"]


@pytest.mark.parametrize("action", [delay(0.1), trickle(5, 0.02)])
def test_slow_answers_are_right(action: Action) -> None:
    began = time.monotonic()
    assert answer_of(action).json() == {"Data": ROWS[:20]}
    assert time.monotonic() - began >= 0.1


def test_servers_start_and_stop_in_milliseconds() -> None:
    began = time.monotonic()
    for _ in range(5):
        with serving([Rows(), Rows()]) as [one, other]:
            assert requests.get(one, timeout=5).ok
            assert requests.get(other, timeout=5).ok
    assert (time.monotonic() - began) / 5 < 0.5


def test_stopping_does_not_wait_for_a_slow_answer() -> None:
    with serving([FaultMiddleware(Rows(), [Fault("", delay(60))], root="/")]) as [origin]:
        with pytest.raises(requests.Timeout):
            requests.get(origin, timeout=0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 0.5


def test_a_port_of_choice_is_served() -> None:
    with serving([Rows()]) as [origin]:
        port = int(origin.rsplit(":", 1)[1])
    with serving([Rows()], ports=[port]) as [again]:
        assert again == origin
        assert requests.get(again, timeout=5).ok
