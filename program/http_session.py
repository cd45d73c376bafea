"""Connections that carry keys: the certificates that they trust, their proxy, and the limits of an answer."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection


def open_session(origin: str, user: str, password: str, user_agent: str) -> requests.Session:
    """A session for requests to `origin` with HTTP Basic authentication.

    Proxies of the environment are used, but not for plain `http`: it goes to this machine only, and a proxy would see
    the keys.
    """
    # It would warn of headers that it cannot parse, and quote them: a server that echoes has the keys in them.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    session = requests.Session()
    session.trust_env = origin.startswith("https://")
    # requests knows REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, which come before it, but not OpenSSL's own variable.
    session.verify = os.environ.get("SSL_CERT_FILE") or True
    session.auth = HTTPBasicAuth(user.encode(), password.encode())
    session.headers["User-Agent"] = user_agent
    return session


class Interruptible(HTTPAdapter):
    """Connections that another thread may cut: a request that waits for its answer then fails at once."""

    def __init__(self, most: int) -> None:
        """`most`: connections that are kept open."""
        self._live: WeakSet[HTTPConnection] = WeakSet()
        self._lock = threading.Lock()
        self._is_over = False
        super().__init__(pool_connections=1, pool_maxsize=most, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """As of any adapter, with connections that are known."""
        super().init_poolmanager(*args, **options)
        self._watch(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> PoolManager:
        """As of any adapter, with connections that are known."""
        return self._watch(super().proxy_manager_for(proxy, **options))

    def interrupt(self) -> None:
        """Cuts all connections, and from now on each that is made: one may be on its way."""
        with self._lock:
            self._is_over = True
            live = list(self._live)
        for connection in live:
            _cut(connection)

    def _watch(self, manager: PoolManager) -> PoolManager:
        def take(connection: HTTPConnection) -> None:
            with self._lock:
                self._live.add(connection)
                is_over = self._is_over
            if is_over:
                _cut(connection)

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                take(self)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                take(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
        return manager


def _cut(connection: HTTPConnection) -> None:
    if open_socket := connection.sock:
        with suppress(OSError):
            # Not the method of an SSL socket, which would forget its layer while a thread reads through it.
            socket.socket.shutdown(open_socket, socket.SHUT_RDWR)


def read_whole(response: requests.Response, within_s: float, max_bytes: int) -> bytearray:
    """The body of a streamed response.

    Raises `requests.exceptions.ReadTimeout` if it takes too long, however slowly it trickles (no timeout of a socket
    notices that), or is too large.
    """
    deadline_s = time.monotonic() + within_s
    body = bytearray()
    while chunk := response.raw.read1(65_536, decode_content=True):
        body += chunk
        if time.monotonic() > deadline_s or len(body) > max_bytes:
            raise requests.exceptions.ReadTimeout()
    return body
