"""Why a request brought no answer: each kind by the error that `requests` really raises, against real servers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import urllib3

from program.http_session import open_session, read_whole
from program.http_trouble import HTTP_ERRORS, Trouble, to_trouble

pytestmark = pytest.mark.servers

KEY = "0123456789abcdef"


VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *map(str.lower, VARIABLES)):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def server(answer: bytes, *, drips: bool = False) -> Iterator[str]:
    """Answers each connection with these bytes, one every 0.02 s if it drips; gives its origin."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(65_536)
            if not drips:
                connection.sendall(answer)
                return
            for byte in answer:
                if ended.wait(0.02):
                    return
                connection.sendall(bytes([byte]))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def trouble(origin: str, *, timeout_s: float = 5.0, within_s: float = 5.0, max_bytes: int = 100_000) -> Trouble | None:
    session = open_session(origin, KEY, "", "a-test/1")
    try:
        with session.get(origin, timeout=timeout_s, stream=True) as response:
            read_whole(response, within_s, max_bytes)
    except HTTP_ERRORS as error:
        return to_trouble(error)
    return None


def head(length: int) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode()


def test_a_whole_answer_is_no_trouble() -> None:
    with server(head(3) + b"abc") as origin:
        assert trouble(origin) is None


def test_an_answer_that_trickles_is_late_though_no_read_times_out() -> None:
    with server(head(500) + b"x" * 500, drips=True) as origin:
        assert trouble(origin, timeout_s=2.0, within_s=0.3) == Trouble("late")


def test_an_answer_that_is_too_large_is_late() -> None:
    with server(head(200_000) + b"x" * 200_000) as origin:
        assert trouble(origin) == Trouble("late")


def test_silence_is_late() -> None:
    with server(b" " * 500, drips=True) as origin:
        assert trouble(origin, timeout_s=0.01) == Trouble("late")


def test_a_connection_that_breaks_or_is_refused_is_unreachable() -> None:
    with server(head(10) + b"abc") as origin:
        assert trouble(origin) == Trouble("unreachable")
    assert trouble(origin) == Trouble("unreachable")


def test_a_host_without_an_address_is_named() -> None:
    assert trouble("https://api.example.invalid") == Trouble("unreachable", "api.example.invalid")


def test_what_is_no_encoding_is_unreadable() -> None:
    encoded = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
    with server(encoded) as origin:
        assert trouble(origin) == Trouble("unreadable", "DecodeError")


def test_plain_text_where_tls_should_be_is_insecure() -> None:
    with server(b"hello, this is no TLS at all\r\n") as origin:
        assert trouble(origin.replace("http://", "https://")) == Trouble("insecure")


@pytest.mark.parametrize(
    "error",
    [ConnectionResetError(104, "reset"), urllib3.exceptions.ProtocolError()],
)
def test_errors_of_the_system_are_unreachable(error: Exception) -> None:
    assert to_trouble(error) == Trouble("unreachable")


def test_a_bundle_that_is_missing_is_about_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", f"/nowhere/{KEY}.pem")
    found = trouble("https://127.0.0.1:9")
    assert found is not None
    assert found.kind == "environment"
    assert "REQUESTS_CA_BUNDLE" in found.detail
    assert KEY not in found.detail
