"""The other spellings in which the same row may arrive: numbers as JSON strings, relations by their OpenAPI names."""

from __future__ import annotations

from collections.abc import Mapping

from mailjet_sandbox.rows import Row
from mailjet_sandbox.switches import Switches

_OPENAPI_NAMES: Mapping[str, Mapping[str, str]] = {
    "openinformation": {"CampaignID": "Campaign", "ContactID": "Contact", "UserAgentID": "UserAgent"},
    "clickstatistics": {"ContactID": "Contact", "MessageID": "Message", "UserAgentID": "UserAgent"},
    "bouncestatistics": {"CampaignID": "Campaign", "ContactID": "Contact", "StateID": "State"},
    "message": {
        "CampaignID": "Campaign",
        "ContactID": "Contact",
        "DestinationID": "Destination",
        "SenderID": "Sender",
        "StateID": "State",
    },
    "campaign": {
        "FromID": "From",
        "ListID": "List",
        "SegmentationID": "Segmentation",
        "WorkflowID": "Workflow",
    },
    "eventcallbackurl": {"APIKeyID": "APIKey"},
}


def spelt(row: Row, resource: str, switches: Switches) -> Row:
    """The row as the switches want it."""
    if switches.names == "openapi":
        names = _OPENAPI_NAMES.get(resource, {})
        row = {names.get(name, name): value for name, value in row.items()}
    if switches.numbers_as_text and int(row.get("MessageID") or row.get("ID") or 0) % 11 == 3:
        row = {name: _as_text(value) for name, value in row.items()}
    return row


def _as_text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value
