"""Positions as readers hold them: texts that name their store and account, so that no other's is taken for one."""

from __future__ import annotations

import re

from event_store.errors import BadPosition

_POSITION = re.compile(r"([0-9a-f]{16})\.([0-9]{1,9})\.([0-9]{1,18})", re.ASCII)


def write_position(store_id: str, account_no: int, position: int) -> str:
    return f"{store_id}.{account_no}.{position}"


def place_of(position: str) -> int:
    """The place of a position among those of its account; for positions that the store gave."""
    return int(position.rpartition(".")[2])


def at_place(position: str, place: int) -> str:
    """The position of another place of the same account."""
    return f"{position.rpartition('.')[0]}.{place}"


def parse_position(store_id: str, account_no: int, text: str | None) -> int:
    """The number in a position; 0, which is before the first event, for None. Raises `BadPosition`."""
    if text is None:
        return 0
    match = _POSITION.fullmatch(text)
    if not match:
        raise BadPosition("This is no position of an event: take it from `after` of the last answer.")
    if (match[1], int(match[2])) != (store_id, account_no):
        raise BadPosition("This position is of another store or account: begin again without one.")
    return int(match[3])
