"""Which contacts a query is about, and what the account knows of them."""

from __future__ import annotations

from collections.abc import Sequence

from mailjet_sandbox.campaigns import Campaign
from mailjet_sandbox.people import Contact
from mailjet_sandbox.query import Query, RefusedError
from mailjet_sandbox.rows import names_match

_OTHER_PROPERTIES = (
    "firstname",
    "lastname",
    "city",
    "country",
    "plan",
    "birthday",
    "points",
    "language",
    "gender",
    "age",
)
"""Listed before the one that matters: whoever reads the default ten rows of `contactmetadata` misses it."""


def contacts(query: Query) -> Sequence[Contact]:
    """`contact`: those that were not erased; with `Campaign` or `ContactsList` only whom that listing names.

    Transactional campaigns list nobody, and some contacts are missing from every campaign's listing.
    """
    campaign, contacts_list = query.integer("Campaign"), query.integer("ContactsList")
    email = query.text("Email", "ContactEmail", "EmailCI")
    found = query.view.contacts()
    if campaign is not None or contacts_list is not None:
        found = query.view.targets(_targeting(query, campaign, contacts_list))
    if email is None:
        return found
    contact = query.view.contact_of(email)
    return [contact] if contact and contact in found else []


def _targeting(query: Query, campaign: int | None, contacts_list: int | None) -> list[Campaign]:
    """The newsletters that have begun, were not deleted, and are wanted."""
    return [
        each
        for each in query.view.account.campaign_by_id.values()
        if campaign in (None, each.id)
        and contacts_list in (None, each.list_id)
        and not each.transactional
        and each.send_start_at <= query.view.now
    ]


def contact_data(query: Query) -> Sequence[Contact]:
    """`contactdata`: as `contact`, with or without data."""
    refuse_undefined_field(query)
    return contacts(query)


def refuse_undefined_field(query: Query) -> None:
    """400 for a `Fields` that the account does not define, where the switch says so."""
    field = query.text("Fields")
    if field is None or query.switches.undefined_field == "rows":
        return
    if not any(names_match(field, name, query) for _, name in properties(query)):
        raise RefusedError(400, f'Invalid field "{field}"')


def properties(query: Query) -> list[tuple[int, str]]:
    """`contactmetadata`: ID and name of the properties that the account defines."""
    own = query.view.account.property_name
    return list(enumerate([*_OTHER_PROPERTIES, *([own] if own else [])], start=501))
