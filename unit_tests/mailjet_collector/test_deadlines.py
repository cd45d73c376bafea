"""Who is slow, or sends without end, is cut off; others do not notice."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from mailjet_collector.patience import USUAL, Patience
from unit_tests.mailjet_collector.running import NAME, OPEN, PASSWORD, Running, basic, running_collector

HASTE = Patience(headers_s=0.5, body_s=0.5, cut_s=0.5, notice_s=0)
AT_MOST_S = 5
HEAD = f"POST /mailjet/acme HTTP/1.1\r\nHost: a\r\nAuthorization: {basic(NAME, PASSWORD)['Authorization']}\r\n"


@pytest.fixture
def hasty(sqlite_address: str) -> Iterator[Running]:
    with running_collector(sqlite_address, HASTE) as running:
        yield running


def all_answered(connection: socket.socket) -> bytes:
    """All that comes until the other side ends the connection, which it must in time."""
    connection.settimeout(AT_MOST_S)
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def is_cut_off(connection: socket.socket, parts: list[bytes], pause_s: float = 0) -> bool:
    """Whether the other side ends the connection before all parts are sent."""
    try:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause_s)
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


@pytest.mark.parametrize("begun", [b"", b"POST /mailjet/acme HT", HEAD.encode(), b"\r\n"])
def test_headers_that_do_not_end_are_cut_off(hasty: Running, begun: bytes) -> None:
    with hasty.connect() as connection:
        connection.sendall(begun)
        assert all_answered(connection) == b""


def test_headers_that_come_drop_by_drop_are_cut_off(hasty: Running) -> None:
    with hasty.connect() as connection:
        assert is_cut_off(connection, [b"G"] * 100, pause_s=0.05)


def test_headers_of_a_further_request_have_the_same_deadline(hasty: Running) -> None:
    with hasty.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /heal")
        answered = all_answered(connection)
        assert answered.startswith(b"HTTP/1.1 200 ")
        assert answered.count(b"HTTP/1.1") == 1


def test_line_breaks_after_a_request_do_not_keep_a_connection(hasty: Running) -> None:
    with hasty.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200 ")
        assert is_cut_off(connection, [b"\r\n"] * 100, pause_s=0.05)


def test_a_body_that_does_not_end_is_503_and_stored_nowhere(hasty: Running) -> None:
    with hasty.connect() as connection:
        connection.sendall(f'{HEAD}Content-Length: 1000\r\n\r\n[{{"event": "open"'.encode())
        answered = all_answered(connection)
    assert answered.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 30\r\n" in answered
    assert hasty.metric("events_stored_total") == hasty.metric("items_rejected_total") == 0


def test_a_body_that_nobody_reads_is_cut_off(hasty: Running) -> None:
    with hasty.connect() as connection:
        connection.sendall(b"POST /mailjet/acme HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        assert all_answered(connection).startswith(b"HTTP/1.1 401 ")


def test_headers_without_end_are_cut_off(on_sqlite: Running) -> None:
    begun = time.monotonic()
    with on_sqlite.connect() as connection:
        connection.sendall(HEAD.encode())
        assert is_cut_off(connection, [b"X: " + b"x" * 10_000 + b"\r\n"] * 1_000)
    assert time.monotonic() - begun < USUAL.headers_s


def test_slow_connections_delay_nobody(on_sqlite: Running) -> None:
    slow = [on_sqlite.connect() for _ in range(300)]
    for connection in slow:
        connection.sendall(b"POST /mailjet/acme HTTP/1.1\r\n")
    begun = time.monotonic()
    assert on_sqlite.post(OPEN).status == 200
    assert time.monotonic() - begun < 2
    for connection in slow:
        connection.close()


def test_a_client_that_goes_away_in_its_body_leaves_nothing(on_sqlite: Running) -> None:
    with on_sqlite.connect() as connection:
        connection.sendall(f'{HEAD}Content-Length: 1000\r\n\r\n[{{"event": "open"'.encode())
    assert on_sqlite.post([]).status == 200
    assert on_sqlite.metric("items_rejected_total") == 0
    assert on_sqlite.metric("posts_total", status="503") == 0
