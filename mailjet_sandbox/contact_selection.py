"""Which contacts a query is about, and what the account knows of them."""

from __future__ import annotations

from collections.abc import Iterable

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


def contacts(query: Query) -> list[Contact]:
    """`contact`: those that were not erased; with `Campaign` or `ContactsList` only whom that listing names.

    Transactional campaigns list nobody, and some contacts are missing from every campaign's listing.
    """
    account = query.snapshot.account
    campaign, contacts_list = query.integer("Campaign"), query.integer("ContactsList")
    email = query.text("Email", "ContactEmail", "EmailCI")
    found: Iterable[Contact] = account.contact_by_id.values()
    if email is not None:
        found = [each for each in [account.contact_by_email.get(email.lower())] if each]
    if campaign is not None or contacts_list is not None:
        targeted = _targeted_by(query, campaign, contacts_list)
        found = [each for each in found if each.id in targeted]
    return list(found)


def _targeted_by(query: Query, campaign: int | None, contacts_list: int | None) -> set[int]:
    sources = [
        each
        for each in query.snapshot.account.campaigns
        if campaign in (None, each.id) and contacts_list in (None, each.list_id)
    ]
    return {contact for each in sources for contact in _targeted(query, each)}


def _targeted(query: Query, campaign: Campaign) -> list[int]:
    if campaign.transactional or campaign.deleted or campaign.send_start_at > query.snapshot.now:
        return []
    sent = query.snapshot.account.messages_by_campaign[campaign.id]
    return [message.contact.id for message in sent if not message.contact.unlisted]


def contact_data(query: Query) -> list[Contact]:
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
    own = query.snapshot.account.property_name
    return list(enumerate([*_OTHER_PROPERTIES, *([own] if own else [])], start=501))
