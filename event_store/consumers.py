"""Consumers: readers whose position the store keeps, such as the forwarding to Segment and the loading of a target."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, func, select, text, update

from event_store.by_hand import run_by_hand
from event_store.schema import CONSUMER

_ADD = text(
    "INSERT INTO consumer (account_no, name, position, passed_over) VALUES (:account_no, :name, :position, 0) "
    "ON CONFLICT (account_no, name) DO NOTHING"
)


_ADVANCE = """
UPDATE consumer SET position = ?, passed_over = passed_over + ? WHERE account_no = ? AND name = ? AND position <= ?
"""


def open_consumer(connection: Connection, account_no: int, name: str, position: int) -> tuple[int, int]:
    """The position of a consumer and how many events it passed over; a new one begins at `position`."""
    connection.execute(_ADD, {"account_no": account_no, "name": name, "position": position})
    row = connection.execute(select(CONSUMER).where(*_is(account_no, name))).one()
    return row.position, row.passed_over


def list_consumers(connection: Connection, account_no: int) -> list[tuple[str, int, int]]:
    """The name of each consumer, its position, and how many events it passed over; in order of names."""
    listed = select(CONSUMER).where(CONSUMER.c.account_no == account_no).order_by(CONSUMER.c.name)
    return [(row.name, row.position, row.passed_over) for row in connection.execute(listed)]


def advance(connection: Connection, account_no: int, name: str, position: int, passed_over: int) -> None:
    """Marks all up to a position as consumed; never moves back."""
    run_by_hand(connection, _ADVANCE, position, passed_over, account_no, name, position)


def move_back(connection: Connection, account_no: int, name: str, position: int) -> None:
    """Lets a consumer read again from a position on."""
    connection.execute(update(CONSUMER).where(*_is(account_no, name)).values(position=position))


def begin_again(connection: Connection, name: str) -> None:
    """Lets a consumer read again from the first event on, in all accounts."""
    connection.execute(update(CONSUMER).where(CONSUMER.c.name == name).values(position=0))


def slowest(connection: Connection, account_no: int, names: Sequence[str]) -> int | None:
    """The position that all of these have reached; one that never began has reached none. None if there are none."""
    if not names:
        return None
    where = CONSUMER.c.account_no == account_no, CONSUMER.c.name.in_(list(names))
    count, least = connection.execute(select(func.count(), func.min(CONSUMER.c.position)).where(*where)).one()
    return int(least) if count == len(set(names)) else 0


def _is(account_no: int, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return CONSUMER.c.account_no == account_no, CONSUMER.c.name == name
