"""Connections that carry keys: the certificates that they trust, their proxy, and the limits of an answer."""

from __future__ import annotations

import logging
import os
import time

import requests
from requests.auth import HTTPBasicAuth


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
