"""What an account is to the servers and to whoever checks a reader, whether it is held in memory or computed.

An account holds the whole of time; a view says what of it is to be seen at an instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from mailjet_sandbox.campaigns import Campaign, ContactsList
from mailjet_sandbox.lives import Event
from mailjet_sandbox.messages import Message
from mailjet_sandbox.people import Contact

Statistics = Literal["opens", "clicks", "bounces"]
"""What the three resources of events list; bounces are also what Mailjet refused to send."""
MessageClock = Literal["arrival", "creation", "delivery"]
"""Times of a message; delivery is the arrival until it was delivered. Computed accounts do not list by delivery."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An event as the statistics resources list it: `listed_at` on, which may be later than it happened."""

    id: int
    message: Message
    event: Event
    listed_at: int


class Account(Protocol):
    """Everything in an account, and what is seen of it.

    `start` is in Unix seconds. `property_name` is the property that holds user ids, as the account spells it; None if
    it defines none. The dicts know neither deleted campaigns nor deleted lists.
    """

    @property
    def start(self) -> int: ...
    @property
    def property_name(self) -> str | None: ...
    @property
    def contacts(self) -> Sequence[Contact]: ...
    @property
    def campaigns(self) -> Sequence[Campaign]: ...
    @property
    def lists(self) -> Sequence[ContactsList]: ...
    @property
    def messages(self) -> Sequence[Message]: ...
    @property
    def campaign_by_id(self) -> Mapping[int, Campaign]: ...
    @property
    def list_by_id(self) -> Mapping[int, ContactsList]: ...
    @property
    def messages_by_campaign(self) -> Mapping[int, Sequence[Message]]: ...
    @property
    def opens(self) -> Sequence[Listed]: ...
    @property
    def clicks(self) -> Sequence[Listed]: ...
    @property
    def bounces(self) -> Sequence[Listed]: ...

    def message_count(self, contact: Contact) -> int:
        """How many messages a contact ever gets."""
        ...

    def listed_at(self, message: Message, event: Event) -> int:
        """When REST lists an event."""
        ...

    def at(self, now: int) -> View:
        """What is to be seen of it at `now` (Unix seconds)."""
        ...


@dataclass(frozen=True)
class MessageFilter:
    """Which messages are wanted: every field that is not None, and times from `first` to `last`, both included.

    `clock`: which times these are.
    """

    first: int
    last: int
    clock: MessageClock
    contact: int | None = None
    campaign: int | None = None
    status: str | None = None
    state: int | None = None
    custom_id: str | None = None


@dataclass(frozen=True)
class EventFilter:
    """Which events are wanted: of times from `first` to `last`, both included, and of these campaigns, None for all."""

    first: int
    last: int
    campaigns: frozenset[int] | None = None
    message: int | None = None
    status: str | None = None


class View(Protocol):
    """What is to be seen of an account at `now` (Unix seconds). What is found is in order of IDs, events of time."""

    @property
    def account(self) -> Account: ...
    @property
    def now(self) -> int: ...

    def messages(self, wanted: MessageFilter) -> Sequence[Message]:
        """Those that have arrived."""
        ...

    def message(self, identity: int) -> Message | None:
        """A message by its ID, once it has arrived."""
        ...

    def events(self, kind: Statistics, wanted: EventFilter) -> Sequence[Listed]:
        """Those that are listed by now."""
        ...

    def contacts(self) -> Sequence[Contact]:
        """All that were not erased."""
        ...

    def contact(self, identity: int) -> Contact | None:
        """A contact that was not erased."""
        ...

    def contact_of(self, email: str) -> Contact | None:
        """The same by its address, in whatever case."""
        ...

    def targets(self, campaigns: Sequence[Campaign]) -> Sequence[Contact]:
        """Whom the listings of these newsletters name, in the order of `contacts`."""
        ...
