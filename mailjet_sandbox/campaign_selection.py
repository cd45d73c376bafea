"""Which campaigns and lists a query is about."""

from __future__ import annotations

from mailjet_sandbox.campaigns import Campaign, ContactsList
from mailjet_sandbox.query import Query


def campaigns(query: Query) -> list[Campaign]:
    """`campaign`: those that have begun and were not deleted."""
    switches = query.switches
    since, until = query.span("FromTS", "ToTS", (switches.from_ts_inclusive, switches.to_ts_inclusive))
    identity, custom = query.integer("CampaignID"), query.text("CustomCampaign")
    contacts_list = query.integer("ContactsList", "ContactsListID")
    return [
        campaign
        for campaign in query.view.account.campaign_by_id.values()
        if campaign.send_start_at <= query.view.now
        and since <= campaign.send_start_at <= until
        and identity in (None, campaign.id)
        and custom in (None, campaign.custom_value)
        and contacts_list in (None, campaign.list_id)
    ]


def lists(query: Query) -> list[ContactsList]:
    """`contactslist`: those that were not deleted."""
    name = query.text("Name")
    return [
        contact_list for contact_list in query.view.account.list_by_id.values() if name in (None, contact_list.name)
    ]
