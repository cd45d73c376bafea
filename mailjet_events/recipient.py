"""The person of an event: a contact, an address, a user id, all of one person. Pure: all look-ups are given.

This is the recipient of its message. If the event's own row names another contact, that one counts only if the
recipient does not exist (any more) and the message does not name another address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from mailjet_rest.rows import Message

UserIdFrom = Literal["contact_property", "custom_id", "address", "none"]
"""The source of user ids."""

_NO_ADDRESS = "@domain.invalid"
"""The end of the address that Mailjet shows for a contact that was deleted."""


Recipient = tuple[str | None, str | None, str | None]
"""The person of an event, as far as it is known: contact, address, user id."""


def contacts_of(message: Message | None, row_contact_id: str | None) -> list[str]:
    """The contacts that an event may be about: the recipient of its message, then the contact of its row."""
    contact_id = message.contact_id if message else None
    if contact_id and row_contact_id and contact_id != row_contact_id:
        return [contact_id, row_contact_id]
    contact = contact_id or row_contact_id
    return [contact] if contact else []


def known_address(text: str | None) -> str | None:
    """An address, unless it stands for one that was deleted. Its last letter tells it nearly always."""
    is_deleted = text and text[-1] in "dD" and text[-len(_NO_ADDRESS) :].lower() == _NO_ADDRESS
    return None if is_deleted else text


def address_of(message: Message | None) -> str | None:
    """The recipient's address as the message names it."""
    return known_address(message.address) if message else None


def unsure_of(message: Message | None, contacts: list[str]) -> list[str]:
    """Those of an event's contacts that are looked up, for lack of an address, or to know which of two exists."""
    return contacts if len(contacts) > 1 or not address_of(message) else []


def to_recipient(
    message: Message | None,
    row_contact_id: str | None,
    user_ids: Mapping[str, str | None],
    addresses: Mapping[str, str | None],
    user_id_from: UserIdFrom,
) -> Recipient:
    """The person of an event. `user_ids`: values of the configured property, by contact; `addresses`: of the contacts
    that `unsure_of` names.
    """
    contact_id = _contact_id(message, row_contact_id, addresses)
    address = address_of(message) or (addresses.get(contact_id) if contact_id else None)
    user_id = user_ids.get(contact_id) if contact_id else None
    if user_id_from == "custom_id":
        user_id = message.custom_id if message else None
    elif user_id_from == "address":
        user_id = address.lower() if address else None
    return contact_id, address, user_id


def _contact_id(message: Message | None, row_contact_id: str | None, addresses: Mapping[str, str | None]) -> str | None:
    contact_id = message.contact_id if message else None
    if not contact_id or not row_contact_id or contact_id == row_contact_id:
        return contact_id or row_contact_id
    if not addresses.get(contact_id):
        named, found = address_of(message), addresses.get(row_contact_id)
        if found and (named is None or named.lower() == found.lower()):
            return row_contact_id
    return contact_id
