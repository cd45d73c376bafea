"""Message ids: an event has the same id by every way of reading it, and each time it is read.

Segment deduplicates by them (Segment documentation, "messageId"), and so do the warehouse tables: the id is their key.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from segment_events.instants import unix_seconds
from segment_events.kinds import CLICKED, OPENED, Kind


def event_id(kind: Kind, email_id: str, at: datetime, link_url: str | None = None) -> str:
    """The id of an event of `kind` on the message `email_id`.

    `at` and `link_url` (as received, not normalised) tell apart the events that a message can have more than once:
    opens and clicks, to the second. A message is delivered, bounced, unsubscribed from, complained about once at most.
    """
    return event_id_at(kind, email_id, unix_seconds(at), link_url)


def event_id_at(kind: Kind, email_id: str, second: int, link_url: str | None = None) -> str:
    """As `event_id`, of an event at a Unix second."""
    return event_id_of_link(kind, email_id, second, link_digest(link_url or "") if kind is CLICKED else "")


def event_id_of_link(kind: Kind, email_id: str, second: int, link: str) -> str:
    """As `event_id_at`, if only the `link_digest` of the URL is known."""
    if kind is OPENED:
        return f"mailjet-opened-{email_id}-{second}"
    if kind is CLICKED:
        return f"mailjet-clicked-{email_id}-{second}-{link}"
    return f"mailjet-{kind.name}-{email_id}"


def link_digest(url: str) -> str:
    """The digest of the URL in the id of a click."""
    return url_digest(url)[:8]


def url_digest(url: str) -> str:
    """SHA-256 of a URL's UTF-8 bytes, in hex; its first 16 digits are `link_id`."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
