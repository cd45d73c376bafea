"""What it means that no connection was made, or that it broke. Pure: it connects to nobody."""

from __future__ import annotations

import re

import urllib3

from mailjet_rest.outcome import Again

UNREACHABLE = "check 'api_url', the network and its proxy, then start again; a sync goes on from where it was"


def judge_connection(error: Exception) -> Again:
    """Worth another try; a host without an address is named, as what was asked of it has nothing to do with that."""
    host = _unknown_host(error)
    if host:
        return Again(f"has no known address (host '{host}')", mend=UNREACHABLE, of_host=True)
    return Again("could not be reached, or cut the connection", mend=UNREACHABLE)


def _unknown_host(error: Exception) -> str | None:
    """The host, Mailjet's or the proxy's, whose name has no address, where that is what has failed."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if not isinstance(reason, urllib3.exceptions.NameResolutionError):
        return None
    found = re.search("Failed to resolve '([^']+)'", str(reason))
    return found[1] if found else "unknown"
