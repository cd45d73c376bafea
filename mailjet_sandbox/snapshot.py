"""An account as it is to be seen at one instant: what has arrived, and the status of each message by then."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from mailjet_sandbox.account import Account
from mailjet_sandbox.messages import Message


class Snapshot:
    """The account at `now` (Unix seconds)."""

    def __init__(self, account: Account, now: int) -> None:
        self.account, self.now = account, now

    @cached_property
    def by_arrival(self) -> list[Message]:
        """All messages that have arrived, in order of arrival."""
        messages = self.account.messages_by_arrival
        return messages[: bisect_right(messages, self.now, key=lambda message: message.arrived_at)]

    @cached_property
    def by_status(self) -> dict[str, list[Message]]:
        """The messages that show a status, in order of arrival."""
        grouped: dict[str, list[Message]] = {}
        for message in self.by_arrival:
            grouped.setdefault(message.status_at(self.now), []).append(message)
        return grouped


class Snapshots:
    """The snapshot for an instant, kept until something in the account changes."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._turn, self._latest = -1, Snapshot(account, account.start)

    def at(self, now: int) -> Snapshot:
        """The account at `now`."""
        turn = bisect_right(self.account.turns, now)
        if turn != self._turn:
            self._turn, self._latest = turn, Snapshot(self.account, now)
        return self._latest
