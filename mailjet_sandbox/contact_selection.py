"""Which contacts a query is about, and what the account knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailjet_sandbox.campaigns import Campaign
from mailjet_sandbox.filters import refuse_what_is_gone
from mailjet_sandbox.people import Contact, contact_number
from mailjet_sandbox.query import Query, RefusedError
from mailjet_sandbox.rows import names_match, properties_of, twin_of

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
    refuse_what_is_gone(query, campaign=campaign)
    if campaign is not None or contacts_list is not None:
        found = query.view.targets(_targeting(query, campaign, contacts_list))
    if email is None:
        return found
    contact = query.view.contact_of(email)
    return [contact] if contact and contact in found else []


def _targeting(query: Query, campaign: int | None, contacts_list: int | None) -> list[Campaign]:
    """The newsletters that have begun, were not deleted, and are wanted."""
    return [
        newsletter
        for newsletter in query.view.account.campaign_by_id.values()
        if campaign in (None, newsletter.id)
        and contacts_list in (None, newsletter.list_id)
        and not newsletter.transactional
        and newsletter.send_start_at <= query.view.now
    ]


def contact_data(query: Query) -> Sequence[Contact]:
    """`contactdata`: as `contact`, with or without data."""
    refuse_undefined_field(query)
    found = contacts(query)
    if query.switches.contact_data_of == "everybody":
        return found
    return [contact for contact in found if _has_row(contact, query)]


def contact_data_of(query: Query, identity: int) -> Contact | None:
    """`contactdata/{id}`: None for whom there is no row."""
    contact = query.view.contact(identity)
    return contact if contact and _has_row(contact, query) else None


def contact_of(query: Query, identity: int) -> Contact | None:
    """`contact/{id}`: None for an erased one, or what is left of it."""
    contact = query.view.contact(identity)
    if contact is None and query.switches.erased_contact == "invalid address":
        number = contact_number(identity)
        known = 0 <= number < len(query.view.account.contacts)
        return replace(query.view.account.contacts[number], email=f"{identity}@domain.invalid") if known else None
    return contact


def _has_row(contact: Contact, query: Query) -> bool:
    wanted = query.text("Fields")
    if query.switches.contact_data_of == "those with the field" and wanted:
        return any(names_match(wanted, name, query) for name in properties_of(contact, query))
    return query.switches.contact_data_of == "everybody" or bool(contact.properties)


def refuse_undefined_field(query: Query) -> None:
    """400 for a `Fields` that the account does not define, where the switch says so."""
    field = query.text("Fields")
    if field is None or query.switches.undefined_field == "rows":
        return
    if not any(names_match(field, name, query) for _, name in properties(query)):
        raise RefusedError(400, f'Invalid field "{field}"')


def properties(query: Query) -> list[tuple[int, str]]:
    """`contactmetadata`: ID and name of the properties that the account defines."""
    property_name = query.view.account.property_name
    twin = [twin_of(property_name)] if property_name and query.switches.twin_property else []
    return list(enumerate([*_OTHER_PROPERTIES, *twin, *([property_name] if property_name else [])], start=501))
