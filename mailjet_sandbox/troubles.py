"""Setups that somebody has to mend, by name: what a stand-in does differently, so that each can be tried out.

`mailjet-segment sandbox --trouble NAME` serves one. The names are those by which `mailjet-segment doctor` calls them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailjet_sandbox.callback_urls import TYPES
from mailjet_sandbox.faults import Fault, html_page, status
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches

_LATER = "3600"
"""A `Retry-After` that nobody waits for."""
_NOTHING = {"Count": 0, "Data": [], "Total": 0}

TROUBLES: Mapping[str, Mapping[str, Any]] = {
    "mailjet-keys": {"faults": [Fault("", status(401, {"ErrorMessage": "", "StatusCode": 401}), times=None)]},
    "mailjet-unreachable": {"faults": [Fault("", status(503, retry_after=_LATER), times=None)]},
    "mailjet-other-server": {"faults": [Fault("", html_page(404), times=None)]},
    "mailjet-permission": {"switches": Switches(forbidden=frozenset({"clickstatistics", "contactdata"}))},
    "mailjet-rate-limit": {"faults": [Fault("campaign", status(429, retry_after="1"))]},
    "mailjet-clock": {"switches": Switches(date_ahead_s=10_800)},
    "no-messages": {"faults": [Fault("message", status(200, _NOTHING), times=None)]},
    "opens-not-tracked": {"tracked": False},
    "clicks-not-tracked": {"tracked": False},
    "property-absent": {"user_id_property": None},
    "property-twins": {"switches": Switches(twin_property=True)},
    "identity-coverage": {"rates": Rates(with_user_id=0.1)},
    "segment-unreachable": {"segment_faults": [Fault("", status(503), times=None)]},
    "segment-region": {"segment_faults": [Fault("", status(401), times=None)]},
    "webhooks-others": {},
}
"""The arguments of `Sandbox` for each."""


def prepare(name: str, sandbox: Sandbox) -> None:
    """What a trouble needs beside its arguments."""
    if name == "webhooks-others":
        for event_type in TYPES:
            sandbox.callback_urls.add(
                {"EventType": event_type, "Url": "https://hooks.example.com/mailjet", "Version": 2}
            )
