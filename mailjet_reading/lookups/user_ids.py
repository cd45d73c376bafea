"""The user ids of contacts, by the contact property that the account keeps them in."""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from mailjet_reading.lookups.contact_property import Property
from mailjet_reading.lookups.scratch_store import Store
from mailjet_rest.client import Mailjet
from mailjet_rest.directory import Directory
from mailjet_rest.fields import NOTHING, find_id, whole_text
from mailjet_rest.outcome import Row

MOST_DIGITS = 100
"""A number that takes more of them without exponent keeps it: `1e999999999` would take a gigabyte."""


def user_id_directory(
    api: Mailjet, store: Store, pool: Executor, wanted: Property, *, proof_lasts: bool = True
) -> Directory[str]:
    """The user ids of contacts, by their IDs. All properties are listed if nothing says which of two `Fields` means."""
    return Directory(
        api,
        "contactdata",
        partial(parse_owned, wanted=wanted),
        pool,
        memory=store.user_ids,
        list_params={} if wanted.has_twin else {"Fields": wanted.name},
        listing_proves_absence=True,
        grouped_by="Campaign",
        proof_lasts=proof_lasts,
    )


def parse_owned(row: Row, wanted: Property) -> tuple[str, str | None]:
    """A contact's ID and the value of the property as a user id. Its name may have another case, if it has no twin.

    The ID is `NOTHING` if it, or the data, cannot be read: `only` then refuses the row for every contact.
    """
    data, contact_id = row.get("Data"), find_id(row, "ContactID", "ID")
    if contact_id is None or not (data is None or isinstance(data, list)):
        return NOTHING, None
    values = {str(item.get("Name", "")).strip(): item.get("Value") for item in data or () if isinstance(item, dict)}
    name = wanted.name
    if name not in values and not wanted.has_twin:
        name = next((spelling for spelling in values if spelling.lower() == name.lower()), name)
    return contact_id, to_user_id(values.get(name), wanted.is_number)


def to_user_id(value: Any, is_number: bool) -> str | None:
    """A property's value as a user id: trimmed text; a number without exponent or trailing `.0`; None if empty.

    `is_number`: the property's type is a number, so that a string is read as a number too.
    """
    if value is None or isinstance(value, (dict, list)):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    text = whole_text(str(value).strip())
    if is_number or not isinstance(value, str):
        with suppress(InvalidOperation):
            number = Decimal(text)
            if abs(number.adjusted()) < MOST_DIGITS:
                plain = format(number, "f")
                return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return text or None
