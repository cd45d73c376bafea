"""Whether the account has the contact property that user ids are to come from."""

from __future__ import annotations

from typing import NamedTuple

from source_mailjet_segment.api import Mailjet
from source_mailjet_segment.config import Config
from source_mailjet_segment.fields import read_text
from source_mailjet_segment.outcome import Row
from source_mailjet_segment.pages import all_pages


class Property(NamedTuple):
    """A contact property as the account spells it."""

    name: str
    is_number: bool


def find_property(api: Mailjet, config: Config) -> Property | None:
    """The configured property, whatever the case of its name; None where the account has none, or none is asked for.

    Raises `SyncError` where Mailjet fails to say: known users must not become anonymous because of it.
    """
    if config.user_id_from != "contact_property":
        return None
    found = [
        one
        for page in all_pages(api, "contactmetadata", {}, _parse_property)
        for one in page
        if one.name.lower() == config.user_id_property.lower()
    ]
    exact = [one for one in found if one.name == config.user_id_property]
    return next(iter(exact or found), None)


def sentence_without(config: Config) -> str:
    """What a user must know where the property does not exist."""
    return (
        f"This Mailjet account has no contact property '{config.user_id_property}': every event is anonymous, by the "
        "recipient's address; to change that, create the property or name another one in 'user_id'."
    )


def _parse_property(row: Row) -> Property:
    return Property(read_text(row, "Name") or "", (read_text(row, "Datatype") or "").lower() in {"int", "float"})
