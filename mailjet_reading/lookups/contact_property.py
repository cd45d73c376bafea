"""Whether the account has the contact property that user ids are to come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailjet_reading.config import Config
from mailjet_rest.client import Mailjet
from mailjet_rest.errors import MailjetError
from mailjet_rest.fields import read_text
from mailjet_rest.outcome import Row
from mailjet_rest.pages import all_pages

_PATH = "contactmetadata"


class Property(NamedTuple):
    """A contact property as the account spells it. `has_twin`: another one differs from it in case alone."""

    name: str
    is_number: bool
    has_twin: bool = False


def find_property(api: Mailjet, config: Config) -> Property | None:
    """The configured property, whatever the case of its name; None if the account has none, or none is configured.

    It is believed that there is none if the listing has as many properties as are counted. Raises `Failure` if that
    cannot be found out: known users must not become anonymous because of it.
    """
    if config.user_id_from != "contact_property":
        return None
    listed = list_properties(api)
    found = _choose(listed, config.user_id_property)
    if found or len(listed) == (count := api.count(_PATH, {})):
        return found
    listed = list_properties(api)
    found = _choose(listed, config.user_id_property)
    if found is None and len(listed) < count:
        raise MailjetError(
            f"Mailjet's '{_PATH}' gave {len(listed)} of the {count} rows that it counts: start the sync again later."
        )
    return found


def list_properties(api: Mailjet) -> list[Property]:
    """The contact properties of an account. Raises `Failure`."""
    return [listed for page in all_pages(api, _PATH, {}, _parse_property) for listed in page]


def _choose(listed: Sequence[Property], name: str) -> Property | None:
    alike = [candidate for candidate in listed if candidate.name.lower() == name.lower()]
    exact = [candidate for candidate in alike if candidate.name == name]
    found = next(iter(exact or alike), None)
    return found._replace(has_twin=any(candidate.name != found.name for candidate in alike)) if found else None


def sentence_without(config: Config) -> str:
    """The sentence for an account that does not have the property."""
    return (
        f"This Mailjet account has no contact property '{config.user_id_property}': every event is anonymous, by the "
        "recipient's address; to change that, create the property or name another one in 'user_id'."
    )


def _parse_property(row: Row) -> Property:
    return Property(read_text(row, "Name") or "", (read_text(row, "Datatype") or "").lower() in {"int", "float"})
