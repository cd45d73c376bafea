"""Mailjet's hosts, and which of them takes a pair of keys: nothing in the keys says it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

from mailjet_rest.client import Mailjet
from mailjet_rest.errors import ForbiddenError, RefusedKeysError
from program.failure import Failure
from source_mailjet_segment.check import CHECK_PATIENCE

HOSTS = ("https://api.mailjet.com", "https://api.us.mailjet.com", "https://api.eu.mailjet.com")
"""The usual one, that of accounts on Mailjet's US architecture, and one that only its OpenAPI file names."""


@dataclass
class Search:
    """`host`: the first that takes the keys. `refused`: those that do not; `unreached`: a sentence for each other."""

    host: str | None = None
    refused: list[str] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)
    requests: int = 0


def find_host(hosts: Sequence[str], api_key: str, api_key_secret: str) -> Search:
    """Asks one host after another for one row, until one takes the keys."""
    search = Search()
    for host in hosts:
        api = Mailjet(host, api_key, api_key_secret, max_requests_per_second=10, patience=CHECK_PATIENCE)
        with closing(api):
            try:
                with suppress(ForbiddenError):  # the keys are right, and may do less
                    api.rows("messagestate", {"Limit": 1}, bool)
                search.host = host
            except RefusedKeysError:
                search.refused.append(host)
            except Failure as failure:
                search.unreached.append(failure.sentence)
            search.requests += sum(api.counts.requests.values())
        if search.host:
            break
    return search
