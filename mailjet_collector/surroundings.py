"""Knowledge of an account's people, messages, campaigns and lists, kept for an hour at most.

It looks up as the source does, and asks Mailjet for many at once. All that it has learned lies in a temporary database;
a new one begins after an hour, and when somebody was forgotten.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from mailjet_collector.config import AccountConfig
from mailjet_events.event import Event
from mailjet_events.from_webhook import WebhookEvent
from mailjet_events.recipient import UserIdFrom
from mailjet_events.to_row import Surroundings
from mailjet_events.webhook_event import is_of_unknown_message, needs_message, to_event
from mailjet_reading.config import Config
from mailjet_reading.lookups.contact_property import find_property, sentence_without
from mailjet_reading.lookups.scratch_store import Store
from mailjet_reading.lookups.sends import Wanted
from mailjet_reading.lookups.surroundings import Lookups
from mailjet_rest.client import Mailjet

KEPT_S = 3600.0
"""How long a look-up may be used."""

Seen = Event | WebhookEvent
"""An event by either way, before its surroundings are known."""


@dataclass(frozen=True)
class Known:
    """Events and their surroundings. An event is None if its message does not exist and it names nobody."""

    events: Sequence[Event | None]
    surroundings: Surroundings


class Knowledge:
    """Looks up, and remembers for an hour. For one thread."""

    def __init__(
        self,
        account: AccountConfig,
        api: Mailjet,
        pool: Executor,
        forgets: Callable[[], int],
        clock: Callable[[], float],
        log: logging.Logger,
    ) -> None:
        self._account, self._api, self._pool = account, api, pool
        self._forgets, self._clock, self._log = forgets, clock, log
        self._store: Store | None = None
        self._lookups: Lookups | None = None
        self._until_s, self._forgotten = 0.0, 0
        self._has_warned = False

    def look_up(self, seen: Sequence[Seen]) -> Known:
        """The surroundings of these events. Raises `Failure` if some are unknown and Mailjet cannot be asked."""
        lookups = self._current()
        wanted = [_wanted(event) for event in seen if isinstance(event, WebhookEvent) and needs_message(event)]
        messages = lookups.messages.look_up(wanted) if wanted else {}
        events: list[Event | None] = []
        for event in seen:
            if isinstance(event, Event):
                events.append(event)
                continue
            message = messages.get(event.email_id)
            events.append(None if is_of_unknown_message(event, message) else to_event(event, message))
        return Known(events, lookups.look_up([event for event in events if event]))

    def close(self) -> None:
        """Releases the temporary database."""
        if self._store:
            self._store.close()
        self._store = self._lookups = None

    def _current(self) -> Lookups:
        forgets = self._forgets()
        if self._clock() >= self._until_s or forgets != self._forgotten:
            self.close()
            self._until_s, self._forgotten = self._clock() + KEPT_S, forgets
        self._store = self._store or Store()
        self._lookups = self._lookups or self._begin(self._store)
        return self._lookups

    def _begin(self, store: Store) -> Lookups:
        config = reading_config(self._account)
        user_property = find_property(self._api, config)
        if user_property is None and config.user_id_from == "contact_property" and not self._has_warned:
            self._has_warned = True
            self._log.warning("Account %s: %s", self._account.name, sentence_without(config))
        return Lookups(self._api, store, self._pool, user_property, proof_lasts=False)


def user_id_from(account: AccountConfig) -> UserIdFrom:
    """The source of user ids in the words of `mailjet_events`. A payload's user id is added to the call afterwards."""
    source = account.user_id.source
    return "none" if source == "event_payload" else source


def reading_config(account: AccountConfig) -> Config:
    """The account as a configuration for reading by REST."""
    return Config(
        api_key=account.api_key,
        api_key_secret=account.api_key_secret,
        api_url=account.api_url,
        start=account.start or 0,
        end=None,
        user_id_from=user_id_from(account),
        user_id_property=account.user_id.property,
        engagement_days=account.engagement_days,
        lookback_s=3600,
        unsubscribe_event_name=account.unsubscribe_event_name,
        max_requests_per_second=account.max_requests_per_second,
        num_workers=4,
    )


def _wanted(seen: WebhookEvent) -> Wanted:
    return Wanted(seen.email_id, seen.contact_id, seen.campaign_id)
