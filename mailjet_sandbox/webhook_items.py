"""An event as a webhook tells it: the truth, in the words and types of Mailjet's Event API. Pure.

Sources: Mailjet's guide, "Event API"; posts as other receivers published them. The odd forms in which they came are
in `odd_forms`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailjet_sandbox.happened import Happened
from mailjet_sandbox.odd_forms import ODD_FORMS, OddForm

Item = dict[str, Any]

WORDS: Mapping[str, str] = {
    "delivered": "sent",
    "opened": "open",
    "clicked": "click",
    "bounced": "bounce",
    "blocked": "blocked",
    "spam": "spam",
    "unsubscribed": "unsub",
}
"""What a webhook calls each kind of event."""


def to_webhook_item(happened: Happened, difference_s: int = 0, forms: Sequence[OddForm] = ()) -> Item:
    """The item of a post; `difference_s` is added to its time; the odd forms are applied in their order."""
    word = WORDS[happened.kind]
    item: Item = {
        "event": word,
        "time": int(happened.at.timestamp()) + difference_s,
        "MessageID": int(happened.email_id),
        "Message_GUID": happened.message_uuid,
        "email": happened.address or "",
        "mj_campaign_id": int(happened.campaign_id),
        "mj_contact_id": int(happened.contact_id),
        "customcampaign": happened.custom_campaign or "",
        **_DETAILS[word](happened),
        "CustomID": happened.custom_id or "",
        "Payload": happened.payload or "",
    }
    for form in forms:
        item = ODD_FORMS[form](item)
    return item


def _engagement(happened: Happened) -> Item:
    """Who opened or clicked from where; behind a proxy the country is `EU`, which is none."""
    return {
        "ip": happened.ip or "",
        "geo": happened.country or "EU",
        "agent": happened.agent.full if happened.agent else "",
    }


def _refusal(happened: Happened) -> Item:
    return {"error_related_to": happened.error_related_to or "", "error": happened.error or ""}


_DETAILS: Mapping[str, Callable[[Happened], Item]] = {
    "sent": lambda happened: {"mj_message_id": happened.email_id, "smtp_reply": happened.smtp_reply or ""},
    "open": _engagement,
    "click": lambda happened: {"url": happened.link_url, **_engagement(happened)},
    "bounce": lambda happened: {
        "blocked": bool(happened.is_blocked),
        "hard_bounce": happened.bounce_type == "hard",
        **_refusal(happened),
        "comment": happened.comment or "",
    },
    "blocked": _refusal,
    "spam": lambda happened: {"source": happened.complaint_source or ""},
    "unsub": lambda happened: {"mj_list_id": int(happened.list_id or 0), **_engagement(happened)},
}
"""The fields that only items of a type have."""
