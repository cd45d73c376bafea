"""Whether a bounce or a block of a message is an event of its own. Pure.

A message can bounce softly and then hard: two events. Everything else that follows a bounce or a block of the same
message is the same event, told again (CONTRACT.md, section 8, "Bounces").
"""

from __future__ import annotations

from collections.abc import Collection

HARD_SUFFIX = "-hard"
"""The end of a hard bounce's id, if its message had bounced softly before."""

HARD, SOFT, UNKNOWN, BLOCKED = "hard", "soft", "", "blocked"


def bounce_suffix(stored: Collection[str], bounce: str) -> str | None:
    """The end of the id that a bounce or block has as a new event; None if it is a repeat.

    `stored` and `bounce` are of `HARD`, `SOFT`, `UNKNOWN`, `BLOCKED`.
    """
    if not stored:
        return ""
    return HARD_SUFFIX if bounce == HARD and set(stored) == {SOFT} else None
