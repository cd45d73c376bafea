"""The reason why a request brought no answer. No text of an error leaves this file: it may quote keys or people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import requests
import urllib3

HTTP_ERRORS = (OSError, urllib3.exceptions.HTTPError)
"""The errors that `requests` raises: its own are `OSError`s, and so is the error for a missing bundle."""

_BUNDLES = "REQUESTS_CA_BUNDLE (or CURL_CA_BUNDLE, SSL_CERT_FILE)"


@dataclass(frozen=True)
class Trouble:
    """A reason for a missing answer. `late`: no answer in time. `unreachable`: no connection was made, or it broke.
    `insecure`: no TLS. `untrusted`: the certificate cannot be verified. `environment`: a variable must be changed.
    `unreadable`: the answer breaks the protocol.

    `detail`: the host, if its name has no address (`unreachable`); the sentence (`environment`); the type of the error
    (`unreadable`).
    """

    kind: Literal["late", "unreachable", "insecure", "untrusted", "environment", "unreadable"]
    detail: str = ""


def to_trouble(error: Exception) -> Trouble:
    """The reason behind one of `HTTP_ERRORS`."""
    match error:
        case requests.exceptions.Timeout() | urllib3.exceptions.TimeoutError() | TimeoutError():
            return Trouble("late")  # before the next: no connection in time is both
        case requests.exceptions.SSLError() | urllib3.exceptions.SSLError():
            return _to_tls_trouble(str(error))
        case requests.exceptions.ConnectionError() | urllib3.exceptions.ProtocolError():
            return Trouble("unreachable", _host_without_address(error))
        case (
            requests.exceptions.InvalidURL()
            | requests.exceptions.InvalidSchema()
            | urllib3.exceptions.LocationValueError()
        ):
            return _environment("HTTPS_PROXY (or ALL_PROXY) holds no address of a proxy that can be used")
        case requests.exceptions.RequestException() | urllib3.exceptions.HTTPError():
            return Trouble("unreadable", type(error).__name__)
        case OSError(errno=None):  # raised by requests for a bundle that is missing
            return _environment(f"{_BUNDLES} names a file or folder that is not there")
    return Trouble("unreachable")


def untrusted_sentence(origin: str, field: str) -> str:
    """Advice for a certificate that cannot be verified; `field` of the configuration holds the origin."""
    return (
        f"The certificate of {origin} is not trusted: check '{field}', or name the certificate authority of the proxy "
        "in between in REQUESTS_CA_BUNDLE or SSL_CERT_FILE."
    )


def _to_tls_trouble(text: str) -> Trouble:
    if "[X509" in text or "[PEM" in text:
        return _environment(f"{_BUNDLES} names a file that holds no certificates")
    return Trouble("untrusted" if "CERTIFICATE_VERIFY_FAILED" in text else "insecure")


def _environment(what: str) -> Trouble:
    return Trouble("environment", f"{what}: mend this variable of the environment, or take it away.")


def _host_without_address(error: Exception) -> str:
    """The host (server or proxy) if the connection failed because its name has no address; else an empty text."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if not isinstance(reason, urllib3.exceptions.NameResolutionError):
        return ""
    found = re.search("Failed to resolve '([^']+)'", str(reason))
    return found[1] if found else "unknown"
