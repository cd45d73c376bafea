"""Every answer of the port for Mailjet and readers, over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from event_store.store import Store
from unit_tests.event_store.posts import NOW
from unit_tests.mailjet_collector.running import (
    API_KEY,
    API_KEY_SECRET,
    NAME,
    OPEN,
    PASSWORD,
    Answered,
    Leader,
    Running,
    ask,
    basic,
    running_collector,
    waiting,
)


def test_a_post_is_stored(collector: Running) -> None:
    assert collector.post(OPEN).status == 200
    assert waiting(collector.address) == ["mailjet-opened-19421777396190490-1433103519"]
    assert collector.metric("events_received_total", kind="opened") == 1
    assert collector.metric("events_stored_total") == 1
    assert collector.metric("posts_total", status="200") == 1


def test_the_same_post_twice_is_stored_once(collector: Running) -> None:
    assert [collector.post([OPEN, OPEN]).status, collector.post([OPEN]).status] == [200, 200]
    assert len(waiting(collector.address)) == 1
    assert collector.metric("events_repeated_total") == 2


@pytest.mark.parametrize(
    "path", ["/mailjet/acme", "/mailjet/acme/", "/mailjet/acme/2026/%0a/%ff?a=1", "/mailjet/acme?x"]
)
def test_an_address_may_go_on_in_any_way(on_sqlite: Running, path: str) -> None:
    assert on_sqlite.post(OPEN, path).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(NAME, "another-password.16"),
        basic("other", PASSWORD),
        basic(API_KEY, API_KEY_SECRET),
        {"Authorization": f"Bearer {PASSWORD}"},
        {"Authorization": "Basic ***"},
        {"Authorization": "Basic"},
    ],
)
def test_wrong_credentials_are_401(on_sqlite: Running, headers: dict[str, str]) -> None:
    answer = ask(on_sqlite.port, "POST", "/mailjet/acme", b"{}", headers)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Basic realm="mailjet-segment"')
    assert on_sqlite.metric("posts_total", status="401", account="") == 1


@pytest.mark.parametrize("path", ["/mailjet/unknown", "/mailjet/", "/mailjet/ACME", "/mailjet//acme"])
def test_an_unknown_account_is_401(on_sqlite: Running, path: str) -> None:
    assert on_sqlite.post(OPEN, path).status == 401


def test_the_body_is_not_read_before_the_credentials(on_sqlite: Running) -> None:
    with on_sqlite.connect() as connection:
        connection.sendall(b"POST /mailjet/acme HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")


def test_the_scheme_of_the_credentials_is_read_in_any_case(on_sqlite: Running) -> None:
    given = basic(NAME, PASSWORD)["Authorization"].replace("Basic", "bAsIc")
    assert ask(on_sqlite.port, "POST", "/mailjet/acme", b"[]", {"Authorization": given}).status == 200


def test_either_of_two_passwords_is_right(sqlite_address: str) -> None:
    with running_collector(sqlite_address, webhook_password=["the-newer-password", "the-older-password"]) as running:
        statuses = [
            ask(running.port, "POST", "/mailjet/acme", b"[]", basic(NAME, password)).status
            for password in ("the-newer-password", "the-older-password", "the-oldest-password")
        ]
    assert statuses == [200, 200, 401]


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE", "OPTIONS"])
def test_another_method_is_405(on_sqlite: Running, method: str) -> None:
    answer = on_sqlite.ask(method, "/mailjet/acme", basic(NAME, PASSWORD))
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_more_than_10_mb_is_413_and_stored_nowhere(on_sqlite: Running) -> None:
    assert on_sqlite.post(json.dumps([OPEN]).encode().ljust(10_000_001)).status == 413
    assert waiting(on_sqlite.address) == []
    assert on_sqlite.post(json.dumps([OPEN]).encode().ljust(10_000_000)).status == 200


def test_a_body_that_says_it_is_too_large_is_not_read(on_sqlite: Running) -> None:
    with on_sqlite.connect() as connection:
        authorization = basic(NAME, PASSWORD)["Authorization"]
        head = f"POST /mailjet/acme HTTP/1.1\r\nHost: a\r\nAuthorization: {authorization}\r\n"
        connection.sendall(f"{head}Content-Length: 10000001\r\n\r\n".encode())
        connection.settimeout(5)
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_more_than_10_mb_in_chunks_is_413(on_sqlite: Running) -> None:
    with on_sqlite.connect() as connection:
        authorization = basic(NAME, PASSWORD)["Authorization"]
        head = f"POST /mailjet/acme HTTP/1.1\r\nHost: a\r\nAuthorization: {authorization}\r\n"
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(11):
            connection.sendall(b"f4240\r\n" + b" " * 1_000_000 + b"\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_an_address_that_does_not_exist_is_404(on_sqlite: Running) -> None:
    assert on_sqlite.ask("GET", "/").status == 404


# Readers


def read(answer: Answered) -> Any:
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    return json.loads(answer.body)


def test_a_reader_gets_rows_in_order_and_goes_on_from_after(collector: Running, leader: Leader) -> None:
    collector.post([OPEN | {"time": second} for second in (100, 200, 300)])
    leader.resolve_all()
    first = read(collector.read("?limit=2"))
    assert [row["row"]["id"].split("-")[-1] for row in first["rows"]] == ["100", "200"]
    assert ({row["stream"] for row in first["rows"]}, first["more"]) == ({"email_opened"}, True)
    second = read(collector.read(f"?limit=2&after={first['after']}"))
    assert ([row["row"]["id"].split("-")[-1] for row in second["rows"]], second["more"]) == (["300"], False)
    assert read(collector.read(f"?after={second['after']}"))["rows"] == []


def test_a_reader_may_ask_for_one_stream(collector: Running, leader: Leader) -> None:
    collector.post([OPEN, OPEN | {"event": "sent", "MessageID": 5}])
    leader.resolve_all()
    assert [row["row"]["id"] for row in read(collector.read("?stream=email_delivered"))["rows"]] == [
        "mailjet-delivered-5"
    ]


@pytest.mark.parametrize(
    "query, sentence",
    [
        ("?limit=0", "limit must be a whole number from 1 to 5000."),
        ("?limit=5001", "limit must be a whole number from 1 to 5000."),
        ("?limit=ten", "limit must be a whole number from 1 to 5000."),
        ("?limit=", "limit must be a whole number from 1 to 5000."),
        ("?stream=tracks", "stream must be one of email_delivered, email_opened, email_link_clicked, "),
        ("?after=nonsense", ""),
        ("?after=", ""),
    ],
)
def test_a_wrong_parameter_is_400_with_a_sentence(on_sqlite: Running, query: str, sentence: str) -> None:
    answer = on_sqlite.read(query)
    assert answer.status == 400
    assert answer.body.decode().startswith(sentence)
    assert answer.body.decode().endswith(".\n")


def test_a_position_of_another_store_is_400(on_sqlite: Running, sqlite_address: str) -> None:
    with running_collector(sqlite_address.replace("events.db", "other.db")) as other:
        after = read(other.read())["after"]
    assert on_sqlite.read(f"?after={after}").status == 400


def test_a_position_after_which_retention_deleted_is_410(collector: Running, leader: Leader) -> None:
    before = read(collector.read())["after"]
    collector.post(OPEN)
    leader.resolve_all()
    store = Store(collector.address)
    store.delete_before(NAME, NOW + timedelta(days=36_500))
    store.close()
    answer = collector.read(f"?after={before}")
    assert answer.status == 410
    assert answer.body.endswith(b".\n")


@pytest.mark.parametrize("headers", [{}, basic(NAME, PASSWORD), basic(API_KEY, "no")])
def test_a_reader_needs_the_api_key(on_sqlite: Running, headers: dict[str, str]) -> None:
    assert on_sqlite.ask("GET", "/events/acme", headers).status == 401


def test_an_unknown_account_of_a_reader_is_401(on_sqlite: Running) -> None:
    assert on_sqlite.read(account="unknown").status == 401


def test_a_reader_only_reads(on_sqlite: Running) -> None:
    assert on_sqlite.ask("POST", "/events/acme", basic(API_KEY, API_KEY_SECRET)).status == 405


# Health


def test_who_can_store_is_alive_and_ready_on_both_ports(collector: Running) -> None:
    for port in (collector.port, collector.admin_port):
        for path in ("/healthz", "/readyz"):
            assert ask(port, "GET", path).status == 200
