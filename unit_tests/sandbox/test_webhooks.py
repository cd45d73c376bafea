"""Events as posts: grouped by second, posted again until 200, suspended after the limit."""

from __future__ import annotations

import base64
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from mailjet_sandbox.callback_urls import TYPES
from mailjet_sandbox.odd_forms import EVERY_ODD_FORM
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.serving import Receive, Scope, Send, serving
from mailjet_sandbox.webhook_feed import WebhookFeed, WebhookSwitches
from mailjet_sandbox.webhook_sender import Patience, WebhookSender
from unit_tests.receiver import Receiver, receiving

QUICK = Patience(retry_s=0.01, give_up_s=0.05, timeout_s=2)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(messages=120, webhooks=WebhookSwitches(patience=QUICK)) as fresh:
        yield fresh


@pytest.fixture
def receivers() -> Iterator[Sequence[Receiver]]:
    with receiving(2) as pair:
        yield pair


def _register(
    sandbox: Sandbox, url: str, version: int = 2, types: Sequence[str] = tuple(TYPES), **more: object
) -> None:
    for event_type in types:
        sandbox.callback_urls.add({"EventType": event_type, "Url": url, "Version": version, **more})


def test_all_that_happened_is_posted_in_arrays_of_a_second(sandbox: Sandbox, receivers: Sequence[Receiver]) -> None:
    receiver = receivers[0]
    _register(sandbox, receiver.origin)
    posted = sandbox.post_webhooks()
    truth = sandbox.truth(with_blocked=True)
    assert Counter((str(item["MessageID"]), item["time"]) for item in receiver.items) == Counter(
        (event.email_id, int(event.at.timestamp())) for event in truth
    )
    seconds = [{item["time"] for item in post.items} for post in receiver.posts]
    assert all(len(second) == 1 for second in seconds)
    assert len(seconds) == len({min(second) for second in seconds}) == posted.tries
    assert any(len({item["event"] for item in post.items}) > 1 for post in receiver.posts)
    assert all(post.body.startswith(b"[") for post in receiver.posts)
    assert (posted.accepted, posted.dropped) == (len(truth), 0)


def test_version_1_posts_single_objects(sandbox: Sandbox, receivers: Sequence[Receiver]) -> None:
    _register(sandbox, receivers[0].origin, version=1)
    sandbox.post_webhooks()
    assert len(receivers[0].posts) == len(sandbox.truth(with_blocked=True))
    assert all(post.body.startswith(b"{") for post in receivers[0].posts)


def test_a_time_is_posted_and_no_other(sandbox: Sandbox, receivers: Sequence[Receiver]) -> None:
    _register(sandbox, receivers[0].origin)
    since, until = sandbox.start + timedelta(days=3), sandbox.start + timedelta(days=5)
    sandbox.post_webhooks(since, until)
    assert len(receivers[0].items) == len(sandbox.truth(since, until, with_blocked=True)) > 0
    assert all(since.timestamp() <= item["time"] < until.timestamp() for item in receivers[0].items)


def test_nothing_is_posted_before_it_happens(sandbox: Sandbox, receivers: Sequence[Receiver]) -> None:
    _register(sandbox, receivers[0].origin)
    sandbox.now = sandbox.start + timedelta(days=5)
    sandbox.post_webhooks(until=sandbox.start + timedelta(days=9))
    assert max(item["time"] for item in receivers[0].items) <= sandbox.now.timestamp()


def test_credentials_of_the_address_become_a_header(sandbox: Sandbox, receivers: Sequence[Receiver]) -> None:
    url = receivers[0].origin.replace("//", "//shop:p%40ss~word@")
    _register(sandbox, f"{url}/mailjet/shop?a=1", types=["open"])
    sandbox.post_webhooks()
    post = receivers[0].posts[0]
    assert post.headers["authorization"] == "Basic " + base64.b64encode(b"shop:p@ss~word").decode()
    assert post.headers["content-type"] == "application/json"
    assert post.path == "/mailjet/shop"


def test_each_type_goes_to_its_own_address(sandbox: Sandbox, receivers: Sequence[Receiver]) -> None:
    first, second = receivers
    _register(sandbox, first.origin, types=["open"])
    _register(sandbox, second.origin, types=["click"])
    posted = sandbox.post_webhooks()
    assert {item["event"] for item in first.items} == {"open"}
    assert {item["event"] for item in second.items} == {"click"}
    assert posted.dropped == len(sandbox.truth(with_blocked=True)) - len(first.items) - len(second.items)


@pytest.mark.parametrize("status", [500, 503, 404, 201, 204, 302])
def test_what_is_not_answered_200_is_posted_again_as_it_was(
    sandbox: Sandbox, receivers: Sequence[Receiver], status: int
) -> None:
    receiver = receivers[0]
    _register(sandbox, receiver.origin)
    receiver.answers = [status, status]
    posted = sandbox.post_webhooks()
    assert posted.answers[status] == 2
    assert (posted.accepted, posted.dropped) == (len(sandbox.truth(with_blocked=True)), 0)
    bodies = Counter(post.body for post in receiver.posts)
    assert bodies.total() - len(bodies) == 2
    assert {post.path for post in receiver.posts} == {"/"}


def test_an_address_that_fails_for_too_long_is_suspended_and_its_events_are_lost(
    sandbox: Sandbox, receivers: Sequence[Receiver]
) -> None:
    receiver = receivers[0]
    _register(sandbox, f"{receiver.origin}/old", types=["open", "click"])
    receiver.answers = [500] * 10_000
    half = sandbox.start + timedelta(days=15)
    sandbox.post_webhooks(until=half)
    assert all(not row.is_alive for row in sandbox.callback_urls.all())
    receiver.answers, receiver.posts = [], []
    assert sandbox.post_webhooks(since=half).accepted == 0
    assert receiver.posts == []
    for row in sandbox.callback_urls.all():
        sandbox.callback_urls.change(row.id, {"Url": f"{receiver.origin}/new"})
    later = sandbox.start + timedelta(days=20)
    sandbox.post_webhooks(since=later)
    assert receiver.items
    assert min(item["time"] for item in receiver.items) >= later.timestamp()


def test_a_backup_gets_what_happens_while_the_primary_address_is_suspended(
    sandbox: Sandbox, receivers: Sequence[Receiver]
) -> None:
    primary, backup = receivers
    _register(sandbox, primary.origin)
    _register(sandbox, backup.origin, IsBackup=True)
    half = sandbox.start + timedelta(days=15)
    sandbox.post_webhooks(until=half)
    assert not backup.posts
    sandbox.callback_urls.suspend(primary.origin)
    seen = len(primary.posts)
    sandbox.post_webhooks(since=half)
    assert len(primary.posts) == seen
    assert len(backup.items) == len(sandbox.truth(since=half, with_blocked=True))


def test_an_address_that_nobody_listens_at_is_a_failure(sandbox: Sandbox, receivers: Sequence[Receiver]) -> None:
    with receiving() as gone:
        origin = gone[0].origin
    _register(sandbox, origin, types=["spam", "unsub"])
    posted = sandbox.post_webhooks()
    assert set(posted.answers) == {0}
    assert posted.accepted == 0


def test_odd_forms_poison_and_a_difference_come_together(sandbox: Sandbox, receivers: Sequence[Receiver]) -> None:
    sandbox.webhooks = WebhookSwitches(-2, EVERY_ODD_FORM, poison_every=10, patience=QUICK)
    _register(sandbox, receivers[0].origin)
    sandbox.post_webhooks()
    poison = [item for item in receivers[0].items if item.get("MessageID") == 0]
    assert poison
    real = [item for item in receivers[0].items if item not in poison]
    assert {type(item["time"]) for item in real} == {int, str}
    assert sorted(int(item["time"]) + 2 for item in real) == sorted(
        int(event.at.timestamp()) for event in sandbox.truth(with_blocked=True)
    )


def test_with_a_speed_the_clock_moves_and_posts_follow_it(sandbox: Sandbox, receivers: Sequence[Receiver]) -> None:
    since, until = sandbox.start + timedelta(days=3), sandbox.start + timedelta(days=5)
    sandbox.now = since
    _register(sandbox, receivers[0].origin)
    began_s = time.monotonic()
    sandbox.post_webhooks(since, until, speed=timedelta(days=2).total_seconds() / 0.4)
    assert 0.4 <= time.monotonic() - began_s < 5
    assert sandbox.now == until
    assert len(receivers[0].items) == len(sandbox.truth(since, until, with_blocked=True)) > 0


class Stopping(Receiver):
    """Sets `stop` with the first post."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__()
        self._stop = stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._stop.set()
        await super().__call__(scope, receive, send)


def test_who_stops_need_not_wait_until_all_that_happened_is_posted(sandbox: Sandbox) -> None:
    stop = threading.Event()
    receiver = Stopping(stop)
    feed = WebhookFeed(sandbox.account, WebhookSender(sandbox.callback_urls), WebhookSwitches())
    with serving([receiver]) as (origin,):
        _register(sandbox, origin)
        feed.follow(lambda: int(sandbox.now.timestamp()), int(sandbox.start.timestamp()), None, stop)
    assert len(receiver.posts) == 1


def test_posts_follow_a_clock_that_somebody_else_moves(sandbox: Sandbox, receivers: Sequence[Receiver]) -> None:
    receiver, event = receivers[0], sandbox.truth()[20]
    sandbox.now = event.at - timedelta(minutes=2)
    _register(sandbox, receiver.origin)
    with sandbox.posting():
        sandbox.now += timedelta(minutes=1)
        time.sleep(0.2)
        assert not [item for item in receiver.items if item["time"] >= event.at.timestamp()]
        sandbox.now = event.at
        deadline_s = time.monotonic() + 10
        while not receiver.items and time.monotonic() < deadline_s:
            time.sleep(0.01)
    assert str(receiver.items[-1]["MessageID"]) == event.email_id
