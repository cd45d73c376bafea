"""One POST, and what came of it."""

from __future__ import annotations

import logging
import os
import time
from datetime import datetime, timezone

import requests
import urllib3

from segment_api.limits import (
    ANSWER_TIMEOUT_S,
    CONNECT_TIMEOUT_S,
    MAX_ANSWER_BYTES,
    WHOLE_ANSWER_TIMEOUT_S,
)
from segment_api.outcome import Hopeless, Outcome, TryLater, to_outcome
from segment_api.packer import Body

_BUNDLES = "REQUESTS_CA_BUNDLE (or CURL_CA_BUNDLE, SSL_CERT_FILE)"


class Endpoint:
    """A connection to `/v1/batch` of one origin, kept open; for one thread.

    Proxies of the environment are used, but not for plain `http`, which goes to this machine only.
    No text of an answer or an error leaves it: they may quote the events, the people in them, or the write key.
    """

    def __init__(
        self,
        origin: str,
        write_key: str,
        timeout_s: tuple[float, float] = (CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S),
        whole_answer_timeout_s: float = WHOLE_ANSWER_TIMEOUT_S,
        user_agent: str = "segment-api",
    ) -> None:
        self._origin, self._timeout_s, self._whole_answer_timeout_s = origin, timeout_s, whole_answer_timeout_s
        # It would warn of headers that it cannot parse, and quote them: a server that echoes has the write key in them.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        self._session = requests.Session()
        self._session.trust_env = origin.startswith("https://")
        # requests knows REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, which come before it, but not OpenSSL's own variable.
        self._session.verify = os.environ.get("SSL_CERT_FILE") or True
        self._session.auth = (write_key, "")
        self._session.headers.update({"Content-Type": "application/json", "User-Agent": user_agent})

    def post(self, body: Body) -> Outcome:
        """Sends one batch, once; never raises for what the network or the server does."""
        try:
            with self._session.post(
                f"{self._origin}/v1/batch", data=body, timeout=self._timeout_s, allow_redirects=False, stream=True
            ) as answer:
                content = self._read(answer)
        except (requests.exceptions.SSLError, urllib3.exceptions.SSLError) as error:
            return self._explain_tls(error)
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
            return TryLater("no answer in time")
        except (requests.exceptions.ConnectionError, urllib3.exceptions.ProtocolError):
            return TryLater("no connection")
        except (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            urllib3.exceptions.LocationValueError,
        ):
            return _refuse_environment("HTTPS_PROXY (or ALL_PROXY) holds no address of a proxy that can be used")
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            return Hopeless(f"{self._origin} cannot be asked ({type(error).__name__}): check region.")
        except OSError as error:  # requests raises one, without a number, for a bundle that is missing
            if error.errno is None:
                return _refuse_environment(f"{_BUNDLES} names a file or folder that is not there")
            return TryLater("no connection")
        return to_outcome(answer.status_code, answer.headers, content, self._origin, datetime.now(timezone.utc))

    def _read(self, answer: requests.Response) -> bytes:
        """The whole answer; raises where it takes too long, which no timeout of a socket notices, or too much."""
        until_s = time.monotonic() + self._whole_answer_timeout_s
        content = bytearray()
        while chunk := answer.raw.read1(65_536, decode_content=True):
            content += chunk
            if time.monotonic() > until_s or len(content) > MAX_ANSWER_BYTES:
                raise requests.exceptions.ReadTimeout()
        return bytes(content)

    def _explain_tls(self, error: Exception) -> Outcome:
        if "[X509" in str(error) or "[PEM" in str(error):
            return _refuse_environment(f"{_BUNDLES} names a file that holds no certificates")
        if "CERTIFICATE_VERIFY_FAILED" not in str(error):
            return TryLater("no secure connection")
        return Hopeless(
            f"The certificate of {self._origin} cannot be verified: check region, or give this machine the certificate "
            "authority of the proxy in between (REQUESTS_CA_BUNDLE or SSL_CERT_FILE)."
        )


def _refuse_environment(what: str) -> Hopeless:
    return Hopeless(f"{what}: mend this variable of the environment, or take it away.")
