"""A held account as it is to be seen at one instant: what has arrived, and the status of each message by then."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from mailjet_sandbox.account import EventFilter, Listed, MessageFilter, Statistics
from mailjet_sandbox.campaigns import Campaign
from mailjet_sandbox.filters import between
from mailjet_sandbox.messages import Message
from mailjet_sandbox.people import Contact

if TYPE_CHECKING:
    from mailjet_sandbox.held_account import HeldAccount


class Snapshot:
    """The account at `now` (Unix seconds)."""

    def __init__(self, account: HeldAccount, now: int) -> None:
        self.account, self.now = account, now

    @cached_property
    def by_arrival(self) -> list[Message]:
        """All messages that have arrived, in order of arrival."""
        messages = self.account.messages_by_arrival
        return messages[: bisect_right(messages, self.now, key=_arrival)]

    @cached_property
    def by_status(self) -> dict[str, list[Message]]:
        """The messages that show a status, in order of arrival."""
        grouped: dict[str, list[Message]] = {}
        for message in self.by_arrival:
            grouped.setdefault(message.status_at(self.now), []).append(message)
        return grouped

    def messages(self, wanted: MessageFilter) -> list[Message]:
        """Those that have arrived, in order of their IDs."""
        clock = {"arrival": _arrival, "creation": _creation, "delivery": self._delivery}[wanted.clock]
        candidates, ordered = self._candidates(wanted)
        if ordered and wanted.clock == "arrival":
            candidates = between(candidates, wanted.first, wanted.last, clock)
        tests = self._message_tests(wanted)
        found = [
            message
            for message in candidates
            if message.arrived_at <= self.now
            and wanted.first <= clock(message) <= wanted.last
            and all(test(message) for test in tests)
        ]
        return sorted(found, key=lambda message: message.id)

    def _delivery(self, message: Message) -> int:
        return message.arrival_at(self.now)

    def _candidates(self, wanted: MessageFilter) -> tuple[Sequence[Message], bool]:
        """A set of messages that holds all wanted ones, and whether it is in order of arrival."""
        if wanted.contact is not None:
            return self.account.messages_by_contact.get(wanted.contact, []), False
        if wanted.campaign is not None:
            return self.account.messages_by_campaign.get(wanted.campaign, []), False
        if wanted.status is not None:
            return self.by_status.get(wanted.status, []), True
        return self.by_arrival, True

    def _message_tests(self, wanted: MessageFilter) -> list[Callable[[Message], bool]]:
        now, tests = self.now, list[Callable[[Message], bool]]()
        if wanted.contact is not None and wanted.campaign is not None:
            tests.append(lambda message: message.campaign.id == wanted.campaign)
        if wanted.status is not None:
            tests.append(lambda message: message.status_at(now) == wanted.status)
        if wanted.state is not None:
            tests.append(
                lambda message: any(event.state == wanted.state and event.at <= now for event in message.events)
            )
        if wanted.custom_id is not None:
            tests.append(lambda message: message.custom_id == wanted.custom_id)
        return tests

    def message(self, identity: int) -> Message | None:
        """A message by its ID, once it has arrived."""
        message = self.account.message_by_id.get(identity)
        return message if message and message.arrived_at <= self.now else None

    def events(self, kind: Statistics, wanted: EventFilter) -> list[Listed]:
        """Those that are listed by now, in order of time."""
        rows: list[Listed] = getattr(self.account, kind)
        return [
            listed
            for listed in between(rows, wanted.first, wanted.last, _event_time)
            if listed.event.at <= self.now
            and listed.listed_at <= self.now
            and (wanted.campaigns is None or listed.message.campaign.id in wanted.campaigns)
            and wanted.message in (None, listed.message.id)
            and (wanted.status is None or listed.message.status_at(self.now) == wanted.status)
        ]

    def contacts(self) -> list[Contact]:
        """All that were not erased."""
        return list(self.account.contact_by_id.values())

    def contact(self, identity: int) -> Contact | None:
        """A contact that was not erased."""
        return self.account.contact_by_id.get(identity)

    def contact_of(self, email: str) -> Contact | None:
        """The same by its address, in whatever case."""
        return self.account.contact_by_email.get(email.lower())

    def targets(self, campaigns: Sequence[Campaign]) -> list[Contact]:
        """Whom the listings of these newsletters name."""
        sent = [message.contact for campaign in campaigns for message in self.account.messages_by_campaign[campaign.id]]
        targeted = {contact.id for contact in sent if not contact.unlisted}
        return [contact for contact in self.contacts() if contact.id in targeted]


class Snapshots:
    """The snapshot for an instant, kept until something in the account changes."""

    def __init__(self, account: HeldAccount) -> None:
        self.account = account
        self._turn, self._latest = -1, Snapshot(account, account.start)

    def forget(self) -> None:
        """The next one is made anew, for something has changed that no clock tells."""
        self._turn = -1

    def at(self, now: int) -> Snapshot:
        """The account at `now`."""
        turn = bisect_right(self.account.turns, now)
        if turn != self._turn:
            self._turn, self._latest = turn, Snapshot(self.account, now)
        return self._latest


def _arrival(message: Message) -> int:
    return message.arrived_at


def _creation(message: Message) -> int:
    return message.created_at


def _event_time(listed: Listed) -> int:
    return listed.event.at
