"""The person of an event: one rule for all ways by which events come, so that an event never has two persons."""

from __future__ import annotations

from typing import NamedTuple


class Person(NamedTuple):
    """A person as Segment knows it: exactly one of the two ids is set."""

    user_id: str | None
    anonymous_id: str | None


def person(user_id: str | None, address: str | None, contact_id: str | None, email_id: str) -> Person:
    """The user id if there is one; else the recipient's address, else Mailjet's contact, else its message (`email_id`).

    An empty text is none.
    """
    if user_id:
        return Person(user_id, None)
    return Person(None, address or (f"mailjet-contact-{contact_id}" if contact_id else f"mailjet-message-{email_id}"))
