"""Whether the account can be read with this configuration: one sentence that names the fault and its remedy."""

from __future__ import annotations

import time

from mailjet_reading.config import Config, refuse_future_start
from mailjet_reading.lookups.contact_property import find_property, sentence_without
from mailjet_rest.client import Mailjet, Patience
from mailjet_rest.outcome import Row

CHECK_PATIENCE = Patience(unavailable_s=8, malformed_tries=2, connect_s=5, read_s=15, answer_s=20)
"""A person waits for a check, so it is tried only for long enough to survive one hiccup."""
RESOURCES = (
    "messagestate",
    "message",
    "openinformation",
    "clickstatistics",
    "bouncestatistics",
    "campaign",
    "contactslist",
    "contact",
    "useragent",
)


def check_account(config: Config, api: Mailjet) -> str | None:
    """Requests a row of each resource that a sync needs. Returns a remark for the user, or None.

    Raises `Failure` for the first that cannot be read.
    """
    for resource in RESOURCES:
        api.rows(resource, {"Limit": 1}, _any_row)
    refuse_future_start(config, min(int(time.time()), api.date or int(time.time())))
    if config.user_id_from != "contact_property":
        return None
    found = find_property(api, config)
    if found is None:
        return sentence_without(config)
    api.rows("contactdata", {"Limit": 1, "Fields": found.name}, _any_row)
    return None


def _any_row(row: Row) -> bool:
    return bool(row)
