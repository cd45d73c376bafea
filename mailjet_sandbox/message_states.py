"""Why Mailjet did not deliver: the table behind `messagestate` (Mailjet guide and SDK types, "StateID")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class MessageState:
    """A row of `messagestate`. `never_sent` ones are Mailjet's own refusals: no server saw the message."""

    id: int
    state: str
    related_to: str
    permanent: bool
    never_sent: bool = False


_ROWS = (
    MessageState(1, "user unknown", "recipient", True),
    MessageState(2, "mailbox inactive", "recipient", True),
    MessageState(3, "quota exceeded", "recipient", False),
    MessageState(4, "invalid domain", "domain", True),
    MessageState(5, "no mail host", "domain", True),
    MessageState(6, "relay/access denied", "domain", False),
    MessageState(7, "sender blocked", "spam", False),
    MessageState(8, "content blocked", "spam", False),
    MessageState(9, "policy issue", "spam", False),
    MessageState(10, "system issue", "system", False),
    MessageState(11, "protocol issue", "system", False),
    MessageState(12, "connection issue", "system", False),
    MessageState(13, "greylisted", "domain", False),
    MessageState(14, "preblocked", "mailjet", False, never_sent=True),
    MessageState(15, "duplicate in campaign", "mailjet", False, never_sent=True),
    MessageState(16, "spam preblocked", "mailjet", False, never_sent=True),
    MessageState(17, "bad or empty template", "content", False, never_sent=True),
    MessageState(18, "error in template language", "content", False, never_sent=True),
    MessageState(19, "typofix", "recipient", True, never_sent=True),
    MessageState(20, "blacklisted", "mailjet", True, never_sent=True),
    MessageState(21, "spam reporter", "mailjet", True, never_sent=True),
)

MESSAGE_STATES: Mapping[int, MessageState] = {row.id: row for row in _ROWS}
TYPOFIX = 19
"""No account has it: those that releases were recorded on must stay the same, so that what is drawn from is fixed."""
BOUNCES = (*(row for row in _ROWS if not row.never_sent), MESSAGE_STATES[1])
"""What a bounce may be; the commonest twice."""
REFUSALS = tuple(row for row in _ROWS if row.never_sent and row.id != TYPOFIX)
