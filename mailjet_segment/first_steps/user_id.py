"""Which contact property holds the user ids, by its name: Mailjet has no fixed one."""

from __future__ import annotations

import re
from collections.abc import Sequence

NAMES = (
    *("userid", "externaluserid", "externalid", "customerid", "clientid", "memberid", "accountid", "subscriberid"),
    *("customid", "uuid", "uid", "id"),
)
"""Names of such properties in lower case, without signs; the likeliest first."""


def guess_property(listed: Sequence[str]) -> str | None:
    """The likeliest of the account's properties; None if no name looks like it."""
    by_name = {re.sub("[^a-z0-9]", "", name.lower()): name for name in reversed(listed)}
    return next((by_name[name] for name in NAMES if name in by_name), None)
