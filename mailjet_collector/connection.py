"""An account's way to Mailjet's REST API."""

from __future__ import annotations

from mailjet_collector.config import AccountConfig
from mailjet_rest.client import Mailjet, Patience
from program.budget import Budget

USUAL = Patience()


def connect(account: AccountConfig, patience: Patience = USUAL, budget: Budget | None = None) -> Mailjet:
    """Mailjet for an account's keys; close it. `budget`: of requests, if it is shared with others."""
    return Mailjet(
        account.api_url,
        account.api_key,
        account.api_key_secret,
        account.max_requests_per_second,
        patience,
        budget=budget,
    )
