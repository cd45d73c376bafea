"""How often what happens in a made-up account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """Means a message, or shares of the contacts. A small account for a test can have many of what is rare.

    A tenth of the messages is not tracked, so that opens and clicks are about 47 and 9 to 100 messages in all.
    """

    opened: float = 0.53
    clicked: float = 0.10
    bounced: float = 0.02
    late: float = 0.005
    unsubscribed: float = 0.001
    spam: float = 0.0001
    preblocked: float = 0.002
    by_bots: float = 0.08
    """The share of opens and clicks that security software makes."""
    transactional: float = 0.4
    """The share of the messages that belong to no newsletter."""
    with_user_id: float = 0.7
    erased: float = 0.01
    unlisted: float = 0.03
    """The share of the contacts that no campaign's listing names, though they got messages of it."""
