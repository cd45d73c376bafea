"""Events of an account as posts, second by second: all of a time at once, or as a clock moves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from mailjet_sandbox.account import Account
from mailjet_sandbox.happened import Happened, to_happened
from mailjet_sandbox.odd_forms import POISON, OddForm, forms_of
from mailjet_sandbox.webhook_items import Item, to_webhook_item
from mailjet_sandbox.webhook_sender import Patience, WebhookSender

_TICK_S = 0.02
_CHUNK_S = 3_600


@dataclass(frozen=True)
class WebhookSwitches:
    """How webhooks come where Mailjet's documentation leaves it open; by default as it documents them.

    `difference_s`: what their seconds differ from REST's by, in all events, from -2 to 2. `forms`: each odd form of
    every so many-th item. `poison_every`: every so many-th post holds items that are no events; 0 for none.
    """

    difference_s: int = 0
    forms: Mapping[OddForm, int] = field(default_factory=dict)
    poison_every: int = 0
    patience: Patience = field(default_factory=Patience)


class WebhookFeed:
    """Gives a sender the events of an account; `switches` may be changed at any time."""

    def __init__(self, account: Account, sender: WebhookSender, switches: WebhookSwitches) -> None:
        self.switches = switches
        self._account, self._sender = account, sender
        self._posts = 0
        self._ahead: list[Happened] = []
        self._known_until = 0

    def post_all(self, since: int, until: int) -> None:
        """Posts what happens with `since <= at < until` (Unix seconds), and returns when no post waits."""
        self._sender.patience = self.switches.patience
        for second in _seconds(to_happened(self._account, since, until, until, with_blocked=True)):
            self._take(second)
        self._sender.finish()

    def follow(self, now: Callable[[], int], since: int, until: int | None, stop: threading.Event) -> None:
        """Posts what happens from `since` on, before `until`, as `now()` moves on; returns at `until` or at `stop`."""
        self._sender.patience = self.switches.patience
        self._ahead, self._known_until = [], since
        while not stop.is_set():
            upto = now() + 1 if until is None else min(now() + 1, until)
            for second in _seconds(self._before(upto)):
                self._take(second)
                if stop.is_set():
                    return None
            self._sender.work()
            if upto == until:
                return self._sender.finish()
            stop.wait(_TICK_S)

    def _before(self, upto: int) -> list[Happened]:
        """What happens before an instant and was not given before. Events are read an hour at a time.

        While nobody is registered nothing is read: of a large account that takes seconds.
        """
        if not self._sender.has_addresses:
            self._known_until, self._ahead = max(upto, self._known_until), []
            return []
        while self._known_until < upto:
            until = max(upto, self._known_until + _CHUNK_S)
            self._ahead += to_happened(self._account, self._known_until, until, until, with_blocked=True)
            self._known_until = until
        count = sum(event.at.timestamp() < upto for event in self._ahead)
        due, self._ahead = self._ahead[:count], self._ahead[count:]
        return due

    def _take(self, second: Sequence[Happened]) -> None:
        self._posts += 1
        items = [self._item(event) for event in second]
        if self.switches.poison_every and self._posts % self.switches.poison_every == 0:
            items += [dict(item) for item in POISON]
        self._sender.take(items)
        self._sender.work()

    def _item(self, event: Happened) -> Item:
        lot = int(event.email_id) // 4_096 + int(event.at.timestamp())
        return to_webhook_item(event, self.switches.difference_s, forms_of(self.switches.forms, lot))


def _seconds(events: Sequence[Happened]) -> Iterator[list[Happened]]:
    return (list(group) for _, group in groupby(events, key=lambda event: event.at))
