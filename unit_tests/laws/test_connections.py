"""To whom the keys go: to the configured host, whose certificate was verified, and to nobody on the way."""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme
from airbyte_cdk.models import AirbyteConnectionStatus, Status

from destination_segment.destination import DestinationSegment
from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.serving import stop_accepting
from source_mailjet_segment.source import SourceMailjetSegment

LOGGER = logging.getLogger("airbyte")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextmanager
def tcp_server(handle: Handle, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serves connections on a free port of this machine, which it gives, in a thread of its own."""
    loop, started, ports = asyncio.new_event_loop(), threading.Event(), list[int]()
    stop = asyncio.Event()

    writers: list[asyncio.StreamWriter] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await handle(reader, writer)

    async def serve() -> None:
        server = await asyncio.start_server(keep, "127.0.0.1", 0, ssl=tls)
        ports.append(server.sockets[0].getsockname()[1])
        started.set()
        await stop.wait()
        await stop_accepting(server.sockets)
        while unfinished := asyncio.all_tasks() - {asyncio.current_task()}:
            for writer in writers:
                writer.transport.abort()
            await asyncio.gather(*unfinished, return_exceptions=True)
        await asyncio.sleep(0)  # a connection that was closed is gone in the loop's next round
        server.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: bytearray | None = None) -> None:
    try:
        while chunk := await reader.read(65_536):
            if seen is not None:
                seen += chunk
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()


async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, seen: bytearray) -> None:
    """Carries bytes both ways between a client and a port of this machine; `seen` gets those of the client."""
    upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(pump(reader, upstream_writer, seen), pump(upstream_reader, writer), return_exceptions=True)


@contextmanager
def https(origin: str, certificate: trustme.LeafCert) -> Iterator[int]:
    """The plain server at `origin` behind TLS; gives its port."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(tls)
    port = int(origin.rpartition(":")[2])

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await join(reader, writer, port, bytearray())

    with tcp_server(handle, tls) as served:
        yield served


class Proxy(NamedTuple):
    """A proxy for CONNECT: where it is, the heads of the requests that it got, and what went through its tunnels."""

    address: str
    heads: list[str]
    carried: bytearray


@contextmanager
def proxy() -> Iterator[Proxy]:
    heads: list[str] = []
    carried = bytearray()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        port = int(heads[-1].split()[1].rpartition(":")[2])
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await join(reader, writer, port, carried)

    with tcp_server(handle) as port:
        yield Proxy(f"127.0.0.1:{port}", heads, carried)


class Side(NamedTuple):
    """A connector: how it is checked, which server of the sandbox is its own, and how often that was asked."""

    check: Callable[[Sandbox, str], AirbyteConnectionStatus]
    origin: Callable[[Sandbox], str]
    requests: Callable[[Sandbox], int]


def check_source(sandbox: Sandbox, url: str) -> AirbyteConnectionStatus:
    keys = {"api_key": sandbox.api_key, "api_key_secret": sandbox.api_key_secret}
    config = {**keys, "api_url": url, "start_date": "2025-05-01T00:00:00Z", "max_requests_per_second": 1000}
    return SourceMailjetSegment().check(LOGGER, config)


def check_destination(sandbox: Sandbox, url: str) -> AirbyteConnectionStatus:
    config = {"write_key": sandbox.write_key, "region": {"location": "other", "api_url": url}}
    return DestinationSegment().check(LOGGER, config)


SOURCE = Side(check_source, lambda sandbox: sandbox.mailjet_url, lambda sandbox: sandbox.request_count)
DESTINATION = Side(check_destination, lambda sandbox: sandbox.segment_url, lambda sandbox: sandbox.segment.requests)
both = pytest.mark.parametrize("side", [SOURCE, DESTINATION], ids=["source", "destination"])


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Somebody's own certificate authority, which no machine knows."""
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*BUNDLES, *PROXIES, *map(str.lower, PROXIES)):
        monkeypatch.delenv(name, raising=False)


def refused(outcome: AirbyteConnectionStatus, *words: str) -> bool:
    """Whether it failed with one sentence that has these words."""
    sentence = outcome.message or ""
    assert all(word in sentence for word in words), sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return outcome.status is Status.FAILED


@both
def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(
    side: Side, authority: trustme.CA
) -> None:
    expired = authority.issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=timezone.utc))
    with Sandbox(messages=10) as sandbox:
        for certificate in (authority.issue_cert("localhost"), expired):
            with https(side.origin(sandbox), certificate) as port:
                assert refused(side.check(sandbox, f"https://localhost:{port}"), "certificate", "REQUESTS_CA_BUNDLE")
        assert side.requests(sandbox) == 0


@both
def test_a_certificate_of_another_host_or_time_is_refused_though_its_authority_is_known(
    side: Side, authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    expired = authority.issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=timezone.utc))
    with Sandbox(messages=10) as sandbox:
        for certificate in (authority.issue_cert("mailjet.example"), expired):
            with https(side.origin(sandbox), certificate) as port:
                assert refused(side.check(sandbox, f"https://localhost:{port}"), "certificate")
        assert side.requests(sandbox) == 0


@both
@pytest.mark.parametrize("variable", BUNDLES)
def test_a_private_authority_is_trusted_by_the_usual_variables(
    side: Side, variable: str, authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(bundle))
    with Sandbox(messages=10) as sandbox, https(side.origin(sandbox), authority.issue_cert("localhost")) as port:
        assert side.check(sandbox, f"https://localhost:{port}").status is Status.SUCCEEDED
        assert side.requests(sandbox) > 0


@both
@pytest.mark.parametrize("variable", BUNDLES)
def test_a_bundle_that_is_missing_or_none_is_a_sentence(
    side: Side, variable: str, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no.pem").write_text("no certificate")
    with Sandbox(messages=10) as sandbox, https(side.origin(sandbox), authority.issue_cert("localhost")) as port:
        for name in ("none.pem", "no.pem"):
            monkeypatch.setenv(variable, str(tmp_path / name))
            assert refused(side.check(sandbox, f"https://localhost:{port}"), "REQUESTS_CA_BUNDLE")


@both
def test_a_proxy_is_used_as_the_environment_says_and_sees_no_key(
    side: Side, authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with (
        Sandbox(messages=10) as sandbox,
        https(side.origin(sandbox), authority.issue_cert("localhost")) as port,
        proxy() as between,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://proxy0user:proxy0word@{between.address}")
        assert side.check(sandbox, f"https://localhost:{port}").status is Status.SUCCEEDED
        assert between.heads
        asked = len(between.heads)
        monkeypatch.setenv("NO_PROXY", "localhost")
        assert side.check(sandbox, f"https://localhost:{port}").status is Status.SUCCEEDED
        assert len(between.heads) == asked
    own = base64.b64encode(b"proxy0user:proxy0word").decode()
    for head in between.heads:
        assert head.startswith(f"CONNECT localhost:{port} ")
        assert [line for line in head.splitlines() if "uthorization" in line] == [f"Proxy-Authorization: Basic {own}"]
    assert between.carried
    for secret in (sandbox.api_key, sandbox.write_key):
        assert secret not in "".join(between.heads)
        assert secret.encode() not in between.carried


@both
@pytest.mark.parametrize("address", ["http://", "ftp://127.0.0.1:9", "http://proxy0user:proxy0word@127.0.0.1:port"])
def test_a_proxy_that_cannot_be_is_a_sentence_without_its_password(
    side: Side, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with Sandbox(messages=10) as sandbox:
        told = side.check(sandbox, "https://api.mailjet.example")
    assert refused(told, "HTTPS_PROXY")
    assert "proxy0word" not in str(told.message)


@both
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(side: Side, code: int) -> None:
    with Sandbox(messages=10) as elsewhere:
        redirect = status(code, headers={"location": f"{side.origin(elsewhere)}/v3/REST/message"})
        faults = [Fault("", redirect, times=None)]
        with Sandbox(messages=10, faults=faults, segment_faults=faults) as sandbox:
            assert refused(side.check(sandbox, side.origin(sandbox)))
        assert side.requests(elsewhere) == 0


@both
@pytest.mark.parametrize("code", [200, 302, 400, 401, 403, 500])
def test_a_server_that_echoes_the_keys_in_headers_and_body_gets_them_into_no_line(side: Side, code: int) -> None:
    """`leak_watch` listens to the log; the header without a colon is one that urllib3 warns of, and quotes."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        given = next(line for line in head.splitlines() if line.lower().startswith("authorization:")).partition(" ")[2]
        plain = base64.b64decode(given.partition(" ")[2]).decode()
        body = f'{{"ErrorMessage": "{given} {plain} somebody@example.com", "Data": [], "Count": "{plain}"}}'
        writer.write(
            f"HTTP/1.1 {code} {plain}\r\nWWW-Authenticate: {given}\r\nLocation: http://{plain}@127.0.0.1:9/\r\n"
            f"Retry-After: {plain}\r\nDate: {plain}\r\nContent-Length: {len(body)}\r\nContent-Type: text/json\r\n"
            f"no colon {given} {plain} somebody@example.com\r\nX-Last: {plain}\r\n\r\n{body}".encode()
        )
        await writer.drain()
        writer.close()

    with Sandbox(messages=10) as sandbox, tcp_server(echo) as port:
        told = str(side.check(sandbox, f"http://127.0.0.1:{port}").message)
    for part in (sandbox.api_key, sandbox.api_key_secret, sandbox.write_key, "somebody", "Basic"):
        assert part not in told
