"""The meaning of each column, with an example: for people who see the streams' schemas in a catalog, and nothing else.

A column that reading Mailjet's REST API never fills says so. It is declared all the same, because rows of the same
event that came by webhook have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Meaning(NamedTuple):
    """The content of a column, and one value that it may have."""

    text: str
    example: Any


BY_WEBHOOKS_ONLY = "Filled by webhooks only: a sync by REST leaves it null."
BY_REST_ONLY = "Filled by REST only: an event that came by webhook has null."

_AT = "2026-01-31T23:59:59Z"
_ADDRESS = "jane@example"
"""Not an address that there could be: messages of a connector, but for records, hold none, and tests listen for any."""

MEANINGS: Mapping[str, Meaning] = {
    "id": Meaning(
        "The message ID that Segment deduplicates by, and the primary key: the same event has the same one however "
        "often it is read.",
        "mailjet-opened-576460752303423488-1769903999",
    ),
    "event": Meaning("The event's name as its table is called.", "email_opened"),
    "event_text": Meaning("The event's name as Segment has it.", "Email Opened"),
    "user_id": Meaning(
        "Your ID of the recipient, as configured. Null if Mailjet has none; then anonymous_id is set.", "u-1042"
    ),
    "anonymous_id": Meaning(
        "Who it was if user_id is null: the recipient's address, else mailjet-contact-<ID>, else mailjet-message-<ID>.",
        _ADDRESS,
    ),
    "timestamp": Meaning("When it happened, in UTC; the cursor.", _AT),
    "original_timestamp": Meaning("The same as timestamp, as Segment's tables have it.", _AT),
    "received_at": Meaning("When the sync that read the event began, in UTC.", "2026-02-01T00:05:00Z"),
    "sent_at": Meaning("The same as received_at, as Segment's tables have it.", "2026-02-01T00:05:00Z"),
    "context_traits_email": Meaning("The recipient's address. Null if the contact was erased.", _ADDRESS),
    "context_ip": Meaning(f"The recipient's IP address. {BY_WEBHOOKS_ONLY}", "192.0.2.1"),
    "context_user_agent": Meaning(
        "The recipient's mail program or browser, in its own words. REST tells it of opens, unsubscribes and "
        "complaints, webhooks of clicks too.",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
    "context_location_country": Meaning(f"The recipient's country, in two letters. {BY_WEBHOOKS_ONLY}", "FR"),
    "context_integration_name": Meaning("The origin of the event: always Mailjet.", "Mailjet"),
    "context_library_name": Meaning("The program that made the row.", "source-mailjet-segment"),
    "context_library_version": Meaning("The version of the program that made the row.", "0.1.0"),
    "email_id": Meaning(
        "Mailjet's ID of the message; a message has one recipient. Text, for it has more digits than a float can hold.",
        "576460752303423488",
    ),
    "email_subject": Meaning(f"The message's subject. {BY_REST_ONLY}", "Your order is on its way"),
    "campaign_id": Meaning("Mailjet's ID of the campaign; transactional mail has one too.", "7654321"),
    "campaign_name": Meaning("The campaign's custom value if it has one, else its subject.", "spring-sale"),
    "custom_id": Meaning("The CustomID that the message was sent with. Null if there was none.", "order-1042"),
    "custom_campaign": Meaning("The campaign's custom value as it is. Null if there is none.", "mj.nl=12345"),
    "contact_id": Meaning("Mailjet's ID of the recipient.", "1234567"),
    "message_uuid": Meaning(
        "Mailjet's UUID of the message; webhooks call it Message_GUID.", "7a1c2e3f-9b4d-4c5e-8f60-1a2b3c4d5e6f"
    ),
    "payload": Meaning(f"The text that you attached to the message (EventPayload). {BY_WEBHOOKS_ONLY}", "cart-77"),
    "smtp_reply": Meaning(f"The answer of the receiving server when it took the message. {BY_WEBHOOKS_ONLY}", "250 OK"),
    "agent_browser": Meaning(f"The mail program or browser, as Mailjet recognises it. {BY_REST_ONLY}", "Firefox"),
    "agent_platform": Meaning(f"The operating system or device, as Mailjet recognises it. {BY_REST_ONLY}", "Linux"),
    "is_bot": Meaning(
        "Whether Mailjet takes the agent for a program that acts by itself. Null if Mailjet does not know the "
        "agent: to leave bots out ask for is_bot IS NOT TRUE, for NOT is_bot leaves out those people too. "
        f"{BY_REST_ONLY}",
        False,
    ),
    "is_mobile": Meaning(
        f"Whether it was a mobile device. Null if Mailjet does not know the agent. {BY_REST_ONLY}", True
    ),
    "link_url": Meaning("The address that was clicked, as Mailjet has it.", "https://example.com/sale?utm_source=news"),
    "link_id": Meaning("The first 16 hex digits of the SHA-256 of link_url.", "1db4317f4515edc0"),
    "click_delay_s": Meaning(f"Seconds from the delivery to the click, as Mailjet counts them. {BY_REST_ONLY}", 542),
    "list_id": Meaning("Mailjet's ID of the contact list. Null if the campaign has none.", "98765"),
    "list_name": Meaning("The name of the contact list.", "Newsletter"),
    "bounce_type": Meaning("hard: the address will never take mail. soft: another time it may.", "hard"),
    "is_blocked": Meaning("Whether Mailjet sends no more mail to this address from now on.", True),
    "error": Meaning("Why it bounced, or was not sent, in Mailjet's words.", "user unknown"),
    "error_related_to": Meaning("The subject of the reason: recipient, domain, system, ...", "recipient"),
    "comment": Meaning(f"The answer of the receiving server. {BY_WEBHOOKS_ONLY}", "550 5.1.1 no such user"),
    "complaint_source": Meaning(f"Who passed the complaint on. {BY_WEBHOOKS_ONLY}", "JMRPP"),
}
