"""Copies for an address that was taken over: of its own types, in its own form, until it took them or a day is over."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from event_store.store import Store
from event_store.values import Item, Post
from mailjet_collector.relaying import (
    COPY_WAITS,
    TARGET_WAITS,
    TRIED_FOR,
    RelayTarget,
    relay_due,
    relay_targets,
    relays_for,
)
from mailjet_collector.webhooks import FORMER
from segment_events.kinds import CLICKED, DELIVERED, OPENED, SPAM, Kind
from unit_tests.receiver import Receiver, receiving

NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{tmp_path / 'events.db'}")) as opened:
        opened.open_account("shop", "0123abcd", NOW)
        yield opened


@pytest.fixture
def receivers() -> Iterator[Sequence[Receiver]]:
    with receiving(2) as pair:
        yield pair


def _item(kind: Kind, number: int) -> Item:
    return Item(kind, str(number), 1_433_103_519, json.dumps({"kind": kind.name, "MessageID": number}).encode())


def _target(receiver: Receiver, kinds: Sequence[Kind] = (OPENED,), is_grouped: bool = True) -> RelayTarget:
    url = receiver.origin.replace("//", "//them:p%40ss@") + "/hook"
    return RelayTarget(url, is_grouped, frozenset(kind.name for kind in kinds))


def _receive(store: Store, items: Sequence[Item], targets: Sequence[RelayTarget]) -> None:
    store.receive([Post("shop", NOW, items, relays=relays_for(items, targets, NOW))])


def test_a_target_gets_the_items_of_its_own_kinds_as_they_came() -> None:
    items = [_item(OPENED, 1), _item(DELIVERED, 2), _item(CLICKED, 3)]
    both = frozenset({"opened", "clicked"})
    (array,) = relays_for(items, [RelayTarget("https://a.example.com", True, both)], NOW)
    assert array.body == b"[" + items[0].body + b"," + items[2].body + b"]"
    assert (array.target, array.expires_at) == ("https://a.example.com", NOW + TRIED_FOR)
    singles = relays_for(items, [RelayTarget("https://a.example.com", False, both)], NOW)
    assert [relay.body for relay in singles] == [items[0].body, items[2].body]
    assert relays_for(items, [RelayTarget("https://a.example.com", True, frozenset({"spam"}))], NOW) == []


def test_targets_are_what_was_taken_over(store: Store) -> None:
    assert relay_targets(store, "shop") == []
    places = {"open": ("https://a", 2), "click": ("https://a", 2), "spam": ("https://a", 1), "sent": ("https://b", 2)}
    store.set_note(
        "shop", FORMER, {event: {"url": url, "version": version} for event, (url, version) in places.items()}
    )
    assert set(relay_targets(store, "shop")) == {
        RelayTarget("https://a", True, frozenset({"opened", "clicked"})),
        RelayTarget("https://a", False, frozenset({"spam"})),
        RelayTarget("https://b", True, frozenset({"delivered"})),
    }


def test_copies_are_posted_with_their_own_credentials_and_once(store: Store, receivers: Sequence[Receiver]) -> None:
    _receive(store, [_item(OPENED, 1), _item(OPENED, 2)], [_target(receivers[0])])
    assert relay_due(store, "shop", NOW + SECOND) == 1
    assert relay_due(store, "shop", NOW + timedelta(hours=1)) == 0
    (post,) = receivers[0].posts
    assert [item["MessageID"] for item in post.items] == [1, 2]
    assert post.path == "/hook"
    assert post.headers["authorization"] == "Basic " + base64.b64encode(b"them:p@ss").decode()
    assert post.headers["content-type"] == "application/json"


def test_a_target_without_credentials_gets_none(
    store: Store, receivers: Sequence[Receiver], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    _receive(store, [_item(OPENED, 1)], [RelayTarget(receivers[0].origin, True, frozenset({"opened"}))])
    assert relay_due(store, "shop", NOW) == 1
    assert "authorization" not in receivers[0].posts[0].headers


@pytest.mark.parametrize("status", [500, 404, 201, 302])
def test_what_is_not_answered_200_is_posted_again(store: Store, receivers: Sequence[Receiver], status: int) -> None:
    receivers[0].answers = [status]
    _receive(store, [_item(OPENED, 1)], [_target(receivers[0])])
    assert relay_due(store, "shop", NOW) == 0
    assert relay_due(store, "shop", NOW + COPY_WAITS - SECOND) == 0
    assert len(receivers[0].posts) == 1
    assert relay_due(store, "shop", NOW + COPY_WAITS) == 1
    assert [post.path for post in receivers[0].posts] == ["/hook", "/hook"]


def test_it_is_tried_for_a_day(store: Store, receivers: Sequence[Receiver]) -> None:
    receivers[0].answers = [500] * 5
    _receive(store, [_item(OPENED, 1)], [_target(receivers[0])])
    assert relay_due(store, "shop", NOW + TRIED_FOR - SECOND) == 0
    assert len(receivers[0].posts) == 1
    assert relay_due(store, "shop", NOW + TRIED_FOR + COPY_WAITS) == 0
    assert len(receivers[0].posts) == 1


def test_a_copy_that_is_never_taken_holds_up_no_other(store: Store, receivers: Sequence[Receiver]) -> None:
    receivers[0].answers = [200] * 8 + [500] * 4
    target = _target(receivers[0], is_grouped=False)
    _receive(store, [_item(OPENED, number) for number in range(1, 31)], [target])
    assert relay_due(store, "shop", NOW) == 26


def test_an_address_that_is_down_is_left_for_a_while_and_holds_up_no_other(
    store: Store, receivers: Sequence[Receiver]
) -> None:
    down, up = receivers
    down.answers = [503] * 1_000
    targets = [_target(down, [OPENED], is_grouped=False), _target(up, [CLICKED], is_grouped=False)]
    kinds = [OPENED] * 60 + [CLICKED] * 150
    _receive(store, [_item(kind, number) for number, kind in enumerate(kinds, 1)], targets)
    assert relay_due(store, "shop", NOW) == 140
    assert relay_due(store, "shop", NOW) == 10
    assert len(up.posts) == 150
    tried = len(down.posts)
    assert 3 <= tried < 20
    assert relay_due(store, "shop", NOW + TARGET_WAITS - SECOND) == 0
    assert len(down.posts) == tried
    down.answers = []
    assert relay_due(store, "shop", NOW + TARGET_WAITS) == 60 - tried
    assert relay_due(store, "shop", NOW + COPY_WAITS) == tried


def test_nothing_is_posted_in_plain_http_to_another_machine(store: Store, receivers: Sequence[Receiver]) -> None:
    # An address that leads here, but that nobody knows to be this machine's.
    url = receivers[0].origin.replace("127.0.0.1", "[::ffff:127.0.0.1]")
    _receive(store, [_item(SPAM, 1)], [RelayTarget(url, True, frozenset({"spam"}))])
    assert relay_due(store, "shop", NOW) == 0
    assert receivers[0].posts == []


def test_a_copy_goes_to_where_it_was_due_even_if_the_address_was_put_back(
    store: Store, receivers: Sequence[Receiver]
) -> None:
    _receive(store, [_item(OPENED, 1)], [_target(receivers[0])])
    store.set_note("shop", FORMER, None)
    assert relay_due(store, "shop", NOW) == 1
