"""The sandbox as its users see it: a made-up account, both servers over it, and what truly happened."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import Literal

from mailjet_sandbox.account import Account
from mailjet_sandbox.callback_urls import CallbackUrls
from mailjet_sandbox.clock import DEFAULT_NOW as DEFAULT_NOW
from mailjet_sandbox.clock import Clock
from mailjet_sandbox.faults import Fault, FaultMiddleware
from mailjet_sandbox.happened import Happened, event_ids, iterate_happened, to_happened
from mailjet_sandbox.held_account import make_account
from mailjet_sandbox.lives import DAY
from mailjet_sandbox.mailjet_server import ROOT, MailjetServer
from mailjet_sandbox.orders import Order, make_orders
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.request_log import Request, RequestLog
from mailjet_sandbox.segment_ledger import SegmentLedger
from mailjet_sandbox.segment_server import DEMO_WRITE_KEY, segment_app
from mailjet_sandbox.serving import host_in_url, serving
from mailjet_sandbox.switches import Switches
from mailjet_sandbox.webhook_feed import WebhookFeed, WebhookSwitches
from mailjet_sandbox.webhook_sender import Posted, WebhookSender

API_KEY = "5a4d0b0cb0e5a0b0a4d0sandboxkey00"
API_KEY_SECRET = "9f1c7e0de1c7f9a0c7d0sandboxsecret"


@dataclass(frozen=True)
class Keys:
    """What the stand-ins want to be shown."""

    api_key: str
    api_key_secret: str
    write_key: str


class Sandbox:
    """A context that serves an account of `messages` emails, sent in the `days` before `now` and `days_ahead` after it.

    `now` is an aware instant or `"real"` for the machine's clock. `contacts`: a quarter of the messages by default.
    `user_id_property`: the contact property with the user id, None for an account that defines none. `faults` happen
    to requests to Mailjet, `segment_faults` to those to Segment. `listing_lag`: a tenth of the opens, clicks and
    bounces is listed up to that much late. `tracked=False`: opens and clicks are not tracked. `hard_cases=False`: only
    what chance brings. `planted=True`: beside the people, software opens and clicks that Mailjet does not flag, people
    have mailboxes at providers, and campaigns links of their own (`plants`). Ports: 0 for a free one; `host` is the
    address to listen on.

    `webhooks`: how events are posted to the addresses that somebody registers; see `post_webhooks`.

    An `account` that is given, such as one of `computed_account`, is served instead of all this; `ledger` is what the
    Segment stand-in remembers by.
    """

    api_key = API_KEY
    api_key_secret = API_KEY_SECRET
    write_key = DEMO_WRITE_KEY
    mailjet_url: str
    segment_url: str

    def __init__(
        self,
        seed: int = 1,
        messages: int = 2_000,
        days: float = 30,
        now: datetime | Literal["real"] | None = None,
        contacts: int | None = None,
        faults: Sequence[Fault] = (),
        user_id_property: str | None = "userId",
        *,
        days_ahead: float = 0,
        rates: Rates | None = None,
        switches: Switches | None = None,
        segment_faults: Sequence[Fault] = (),
        listing_lag: timedelta = timedelta(0),
        tracked: bool = True,
        hard_cases: bool = True,
        planted: bool = False,
        keys: Keys | None = None,
        host: str = "127.0.0.1",
        mailjet_port: int = 0,
        segment_port: int = 0,
        account: Account | None = None,
        ledger: SegmentLedger | None = None,
        webhooks: WebhookSwitches | None = None,
    ) -> None:
        if keys:
            self.api_key, self.api_key_secret, self.write_key = keys.api_key, keys.api_key_secret, keys.write_key
        self.host_in_url = host_in_url(host)
        self._clock = Clock(now or DEFAULT_NOW)
        self.account: Account = account or make_account(
            seed,
            int(self._clock.now().timestamp()) - int(days * DAY),
            days + days_ahead,
            messages,
            contacts,
            rates,
            user_id_property,
            tracked,
            hard_cases,
            int(listing_lag.total_seconds()),
            planted,
        )
        self._seed = seed
        self.start = datetime.fromtimestamp(self.account.start, timezone.utc)
        """No message is sent before it."""
        self.segment = ledger or SegmentLedger()
        """What Segment accepted and dropped."""
        self._mailjet = MailjetServer(
            self.account, self.api_key, self.api_key_secret, self._clock.now, switches or Switches()
        )
        self._sender = WebhookSender(self._mailjet.callback_urls)
        self._feed = WebhookFeed(self.account, self._sender, webhooks or WebhookSwitches())
        self._mailjet_faults = FaultMiddleware(self._mailjet.app, faults, ROOT)
        self._segment_faults = FaultMiddleware(
            segment_app(self.segment, write_keys=[self.write_key]), segment_faults, "/v1/"
        )
        self._log = RequestLog(self._mailjet_faults)
        self._host, self._ports, self._stack = host, (mailjet_port, segment_port), ExitStack()

    def __enter__(self) -> Sandbox:
        origins = self._stack.enter_context(serving([self._log, self._segment_faults], self._ports, self._host))
        self.mailjet_url, self.segment_url = origins
        self._stack.callback(self._sender.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def now(self) -> datetime:
        """The account's time: the API shows what has happened by then, and says so in its `Date` header."""
        return self._clock.now()

    @now.setter
    def now(self, at: datetime | Literal["real"]) -> None:
        self._clock.set(at)

    @property
    def switches(self) -> Switches:
        """How the Mailjet server behaves where Mailjet's documentation leaves it open; may be changed at any time."""
        return self._mailjet.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self._mailjet.switches = switches

    @property
    def webhooks(self) -> WebhookSwitches:
        """How webhooks come; may be changed at any time."""
        return self._feed.switches

    @webhooks.setter
    def webhooks(self, switches: WebhookSwitches) -> None:
        self._feed.switches = switches

    @property
    def posted(self) -> Posted:
        """What became of the events that webhooks were to report so far."""
        return self._sender.posted

    @property
    def callback_urls(self) -> CallbackUrls:
        """Where webhooks go, as `eventcallbackurl` shows and changes it."""
        return self._mailjet.callback_urls

    def post_webhooks(
        self, since: datetime | None = None, until: datetime | None = None, speed: float | None = None
    ) -> Posted:
        """Posts what happens with `since <= at < until` to the addresses that are registered; ends when no post waits.

        All of it at once, as far as it has happened by now; or, with a `speed`, as the account's clock moves from
        `since` to `until`, so many seconds in a second.
        """
        first = self.account.start if since is None else _ceiling(since)
        now = int(self.now.timestamp())
        if speed is None:
            self._feed.post_all(first, now + 1 if until is None else min(_ceiling(until), now + 1))
        else:
            last = now + 1 if until is None else _ceiling(until)
            self._feed.follow(self._moving(first, last, speed), first, last, threading.Event())
        return self.posted

    @contextmanager
    def posting(self) -> Iterator[None]:
        """While the context lasts, posts what happens as the account's clock moves."""
        stop, since = threading.Event(), int(self.now.timestamp()) + 1
        arguments = (lambda: int(self.now.timestamp()), since, None, stop)
        thread = threading.Thread(target=self._feed.follow, args=arguments, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _moving(self, first: int, last: int, speed: float) -> Callable[[], int]:
        """A clock that moves the account's own, and says what time that has become."""
        began_s = time.monotonic()

        def move() -> int:
            at = min(last, first + int((time.monotonic() - began_s) * speed))
            self.now = datetime.fromtimestamp(at, timezone.utc)
            return at

        return move

    def set_faults(self, *faults: Fault) -> None:
        """From now on these faults, counted from here, and no others happen to requests to Mailjet."""
        self._mailjet_faults.replace(faults)

    def set_segment_faults(self, *faults: Fault) -> None:
        """The same for requests to Segment."""
        self._segment_faults.replace(faults)

    def truth(
        self, since: datetime | None = None, until: datetime | None = None, with_blocked: bool = False
    ) -> list[Happened]:
        """All that happened with `since <= at < until`, and by now, in order of time.

        `with_blocked`: also the messages that Mailjet did not send, which no stream of Segment's source has.
        """
        bounds = [None if bound is None else _ceiling(bound) for bound in (since, until)]
        return to_happened(self.account, bounds[0], bounds[1], int(self.now.timestamp()), with_blocked)

    def orders(self) -> list[Order]:
        """What Segment has by now of the orders in the shop that the account writes for, in order of time."""
        return make_orders(self._seed, self.account, int(self.now.timestamp()))

    def iterate_happened(self) -> Iterator[Happened]:
        """All that happened by now, one by one and in no order: for millions of events."""
        return iterate_happened(self.account, None, None, int(self.now.timestamp()))

    def event_ids(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[tuple[str, str]]:
        """Stream and id of what REST can tell of that, each id once, in no order: for millions of events."""
        bounds = [None if bound is None else _ceiling(bound) for bound in (since, until)]
        return event_ids(self.account, bounds[0], bounds[1], int(self.now.timestamp()))

    @property
    def requests(self) -> list[Request]:
        """What Mailjet was asked, in the order of arrival."""
        return self._log.requests

    @property
    def request_count(self) -> int:
        """How many requests Mailjet got."""
        return len(self._log.requests)

    def reset_requests(self) -> None:
        """Forgets the requests so far."""
        self._log.clear()


def _ceiling(bound: datetime) -> int:
    """The first whole second at or after an instant."""
    return -int(-bound.timestamp() // 1)
