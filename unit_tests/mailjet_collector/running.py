"""A collector in a thread of this process, and what is sent to it: real HTTP, a real database."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import uvloop

from event_store.store import Store
from mailjet_collector.collector import Collector, Places
from mailjet_collector.config import parse_config
from mailjet_collector.patience import Patience
from unit_tests.event_store.posts import NOW, lead, resolve_all, waiting_ids

NAME, PASSWORD = "acme", "a-password.of_16~"
API_KEY, API_KEY_SECRET = "0123456789abcdef", "fedcba9876543210"
NO_MAILJET = "http://127.0.0.1:9"
"""Nobody listens there: what is stored waits for its row."""

ANY_PORT = Places(port=0, admin_port=0)
SHORT = Patience(notice_s=0)
OPEN: dict[str, Any] = {"event": "open", "time": 1433103519, "MessageID": 19421777396190490, "email": "api@mailjet.com"}


@dataclass(frozen=True)
class Answered:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def configuration(address: str, **fields: Any) -> dict[str, Any]:
    """The collector's configuration; `fields` are the account's."""
    keys = {"api_key": API_KEY, "api_key_secret": API_KEY_SECRET, "webhook_password": PASSWORD}
    account = {"name": NAME, "api_url": NO_MAILJET, **keys}
    return {"store": address, "completeness_minutes": 0, "accounts": [account | fields]}


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def ask(port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}) -> Answered:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return Answered(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class Running:
    """A running collector."""

    port: int
    admin_port: int
    address: str

    def post(self, body: Any, path: str = f"/mailjet/{NAME}", **headers: str) -> Answered:
        """Posts bytes as they are, all else as JSON, with the account's password."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return ask(self.port, "POST", path, sent, basic(NAME, PASSWORD) | headers)

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Answered:
        return ask(self.port, method, path, None, headers or {})

    def read(self, query: str = "", account: str = NAME) -> Answered:
        return self.ask("GET", f"/events/{account}{query}", basic(API_KEY, API_KEY_SECRET))

    def admin(self, path: str) -> Answered:
        return ask(self.admin_port, "GET", path)

    def metric(self, name: str, **labels: str) -> float:
        wanted = ",".join(f'{label}="{value}"' for label, value in {"account": NAME, **labels}.items())
        start = f"mailjet_collector_{name}{{{wanted}}} "
        lines = self.admin("/metrics").body.decode().splitlines()
        return next((float(line.removeprefix(start)) for line in lines if line.startswith(start)), 0.0)

    def connect(self) -> socket.socket:
        """A raw connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


class Leader:
    """Leads the account in place of the collector, which then only receives; and looks into the store."""

    def __init__(self, address: str) -> None:
        self._store = Store(address)
        self._store.open_account(NAME, sha256(API_KEY.encode()).hexdigest()[:8], NOW)
        self._leadership = lead(self._store)

    def resolve_all(self) -> None:
        """Gives each waiting event a row with its id."""
        resolve_all(self._store, self._leadership)

    def close(self) -> None:
        self._leadership.release()
        self._store.close()


def waiting(address: str) -> list[str]:
    """The ids of what is stored without a row, in order of arrival."""
    store = Store(address)
    try:
        return waiting_ids(store, datetime.max.replace(tzinfo=timezone.utc))
    finally:
        store.close()


@contextmanager
def running_collector(address: str, patience: Patience = SHORT, **fields: Any) -> Iterator[Running]:
    """A collector until the context ends, which ends it as SIGTERM does."""
    with serving_collector(configuration(address, **fields), patience) as running:
        yield running


@contextmanager
def serving_collector(
    config: dict[str, Any], patience: Patience = SHORT, places: Places = ANY_PORT
) -> Iterator[Running]:
    """The same, by its whole configuration."""
    collector = Collector(parse_config(config, Path()), places, patience)
    stop, ready = asyncio.Event(), threading.Event()
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    thread = threading.Thread(target=runner.run, args=(collector.serve(stop, ready.set),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield Running(collector.port, collector.admin_port, config["store"])
    finally:
        runner.get_loop().call_soon_threadsafe(stop.set)
        thread.join(20)
        runner.close()
        assert not thread.is_alive()
