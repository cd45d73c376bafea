"""Posts are stored whole and once, in both databases."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import timedelta
from hashlib import sha256

import psycopg
import pytest

from event_store.errors import StoreError
from event_store.store import Store
from event_store.values import Post, Receipt, Refused, Relay
from lab.postgres import Postgres
from segment_events.kinds import BLOCKED, DELIVERED, OPENED
from unit_tests.event_store.posts import (
    ACCOUNT,
    MINUTE,
    NOW,
    blocked,
    bounced,
    clicked,
    delivered,
    deliveries,
    item,
    opened,
    post,
    receive,
    refuse,
    resolve_all,
    waiting_ids,
)


def test_an_event_is_stored_once_however_often_it_comes(store: Store) -> None:
    assert receive(store, delivered("1"), delivered("1"), opened(100)) == Receipt(2, 1, 0)
    assert receive(store, delivered("1", at=200)) == Receipt(0, 1, 0)
    assert waiting_ids(store) == ["mailjet-delivered-1", "mailjet-opened-7-100"]


def test_an_event_waits_with_all_that_is_known_of_it(store: Store) -> None:
    at = NOW + timedelta(milliseconds=123)
    store.receive([post(item(OPENED, 100, "8"), way="rest", at=at)])
    (waiting,) = store.unresolved(ACCOUNT, 10, NOW)
    assert waiting[1:] == ("mailjet-opened-8-100", 100, "rest", at, b"opened 8 100")


def test_the_posts_of_a_batch_are_counted_one_by_one(store: Store) -> None:
    refused = Post(ACCOUNT, NOW, [], [Refused("not JSON", b"{")])
    receipts = store.receive([post(delivered("1")), post(delivered("1"), delivered("2")), refused, post()])
    assert receipts == [Receipt(1, 0, 0), Receipt(1, 1, 0), Receipt(0, 0, 1), Receipt(0, 0, 0)]


def test_clicks_of_one_second_differ_by_their_url(store: Store) -> None:
    receive(
        store,
        clicked(100, "https://a.example/"),
        clicked(100, "https://b.example/"),
        clicked(100, "https://a.example/"),
    )
    digests = [sha256(f"https://{name}.example/".encode()).hexdigest()[:8] for name in "ab"]
    assert waiting_ids(store) == [f"mailjet-clicked-7-100-{digest}" for digest in digests]


def test_an_open_seen_by_rest_two_seconds_later_is_the_stored_one(store: Store) -> None:
    receive(store, opened(100))
    assert receive(store, opened(102), way="rest") == Receipt(0, 1, 0)
    assert receive(store, opened(102), way="rest") == Receipt(0, 1, 0)
    (waiting,) = store.unresolved(ACCOUNT, 10, NOW)
    assert (waiting.event_id, waiting.at, waiting.way) == ("mailjet-opened-7-100", 100, "webhook")


def test_a_sighting_that_is_displaced_becomes_an_event_with_what_came_of_it(store: Store) -> None:
    receive(store, opened(100))
    store.receive([post(opened(102), way="rest", at=NOW + MINUTE)])
    assert receive(store, opened(100), way="rest") == Receipt(1, 0, 0)
    first, second = store.unresolved(ACCOUNT, 10, NOW)
    assert (first.event_id, first.body) == ("mailjet-opened-7-100", b"opened 7 100")
    assert (second.event_id, second.body, second.way) == ("mailjet-opened-7-102", b"opened 7 102", "rest")
    assert second.received_at == NOW + MINUTE


def test_a_displaced_click_has_the_id_of_its_url(store: Store) -> None:
    receive(store, clicked(100))
    receive(store, clicked(102), way="rest")
    receive(store, clicked(100), way="rest")
    digest = sha256(b"https://example.com/").hexdigest()[:8]
    assert waiting_ids(store) == [f"mailjet-clicked-7-100-{digest}", f"mailjet-clicked-7-102-{digest}"]


def test_a_displaced_sighting_joins_the_next_event_with_what_came_of_it(store: Store) -> None:
    receive(store, opened(100), opened(103))
    receive(store, opened(102), way="rest")
    receive(store, opened(103), way="rest")
    assert receive(store, opened(100), way="rest") == Receipt(1, 0, 0)
    assert {each.event_id: each.body for each in store.unresolved(ACCOUNT, 10, NOW)} == {
        "mailjet-opened-7-100": b"opened 7 100",
        "mailjet-opened-7-102": b"opened 7 102",
        "mailjet-opened-7-103": b"opened 7 103",
    }


def test_both_ways_at_a_constant_difference_give_each_event_once(store: Store) -> None:
    seconds = [1_000 + 5 * number for number in range(200)]
    mixed = random.Random(7).sample(
        [*(("webhook", each) for each in seconds), *(("rest", each + 2) for each in seconds)], 400
    )
    for way, second in mixed:
        receive(store, opened(second), way="webhook" if way == "webhook" else "rest")
    assert len(waiting_ids(store)) == 200


def test_the_grouping_into_batches_changes_nothing(store: Store) -> None:
    store.open_account("other", "0123abcd", NOW)
    chance = random.Random(3)
    posts = [
        post(
            *(opened(chance.randrange(100, 130)) for _ in range(chance.randrange(4))),
            way=chance.choice(["webhook", "rest"]),
        )
        for _ in range(60)
    ]
    for each in posts:
        store.receive([each])
    store.receive([each._replace(account="other") for each in posts])
    alone = [(each.event_id, each.way) for each in store.unresolved(ACCOUNT, 1_000, NOW)]
    together = [(each.event_id, each.way) for each in store.unresolved("other", 1_000, NOW)]
    assert sorted(alone) == sorted(together)
    assert len(alone) > 10


def test_accounts_do_not_see_each_others_events(store: Store) -> None:
    store.open_account("other", "0123abcd", NOW)
    receipts = store.receive([post(delivered("1")), post(delivered("1"), account="other")])
    assert receipts == [Receipt(1, 0, 0), Receipt(1, 0, 0)]


def test_an_account_that_was_not_opened_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="no account nobody"):
        store.receive([post(delivered("1"), account="nobody")])


def test_a_hard_bounce_after_a_soft_one_is_stored_too(store: Store) -> None:
    assert receive(store, bounced("hard", 200), bounced("soft", 100)) == Receipt(2, 0, 0)
    assert waiting_ids(store) == ["mailjet-bounced-7-hard", "mailjet-bounced-7"]
    assert receive(store, bounced("hard", 300), bounced("soft", 400)) == Receipt(0, 2, 0)


def test_a_soft_bounce_after_a_hard_one_is_a_repeat(store: Store) -> None:
    receive(store, bounced("hard", 200))
    assert receive(store, bounced("soft", 100)) == Receipt(0, 1, 0)
    assert receive(store, bounced(None, 100), way="rest") == Receipt(0, 1, 0)


def test_of_blocked_and_bounced_the_first_stays(store: Store) -> None:
    assert receive(store, bounced("hard", 200), blocked(100)) == Receipt(1, 1, 0)
    assert waiting_ids(store) == ["mailjet-blocked-7"]
    assert receive(store, item(BLOCKED, 1, "8"), item(DELIVERED, 1, "8")) == Receipt(2, 0, 0)


def test_a_rejected_item_is_kept_once_and_listed_without_content(store: Store) -> None:
    assert refuse(store, b"\xff\x00{", b"[", at=NOW) == Receipt(0, 0, 2)
    refuse(store, b"[", at=NOW + MINUTE)
    assert [each[1:] for each in store.rejected(ACCOUNT, 10)] == [("not JSON", NOW, 1), ("not JSON", NOW, 3)]
    assert [each.body for each in store.rejected_bodies(ACCOUNT, 0, 10)] == [b"\xff\x00{", b"["]


def test_a_rejected_item_can_be_taken_again(store: Store) -> None:
    refuse(store, b"later an event", b"never")
    (number, *_), _ = store.rejected_bodies(ACCOUNT, 0, 10)
    assert store.replay(ACCOUNT, [number], post(delivered("1"))) == Receipt(1, 0, 0)
    assert [each.body for each in store.rejected_bodies(ACCOUNT, 0, 10)] == [b"never"]
    assert waiting_ids(store) == ["mailjet-delivered-1"]


def test_what_is_rejected_again_is_kept_again(store: Store) -> None:
    refuse(store, b"never")
    ((number, *_),) = store.rejected_bodies(ACCOUNT, 0, 10)
    store.replay(ACCOUNT, [number], Post(ACCOUNT, NOW, [], [Refused("not JSON", b"never")]))
    assert [each.body for each in store.rejected_bodies(ACCOUNT, 0, 10)] == [b"never"]


def test_copies_to_relay_are_stored_with_their_post_and_expire(store: Store) -> None:
    copies = [Relay("sent", b"copy", NOW + 2 * MINUTE), Relay("open", b"short", NOW + MINUTE)]
    store.receive([post()._replace(relays=copies)])
    due = store.due_relays(ACCOUNT, NOW, 10)
    assert [each[1:] for each in due] == [("sent", b"copy"), ("open", b"short")]
    store.relay_later(ACCOUNT, [due[0].relay_id], NOW + MINUTE)
    assert [each.body for each in store.due_relays(ACCOUNT, NOW, 10)] == [b"short"]
    assert [each.body for each in store.due_relays(ACCOUNT, NOW + MINUTE, 10)] == [b"copy"]
    store.relayed(ACCOUNT, [due[0].relay_id])
    assert store.due_relays(ACCOUNT, NOW + MINUTE, 10) == []


def test_the_status_says_when_each_kind_was_last_told_by_a_webhook(store: Store) -> None:
    store.receive([post(delivered("1"), at=NOW + MINUTE), post(delivered("2"), opened(100))])
    store.receive([post(delivered("1"), at=NOW), post(opened(500), way="rest", at=NOW + MINUTE)])
    refuse(store, b"x")
    status = store.status(ACCOUNT)
    assert status.last_seen == {"delivered": NOW + MINUTE, "opened": NOW}
    assert (status.waiting, status.oldest_waiting, status.rejected) == (4, NOW + MINUTE, 1)


def test_what_webhooks_bring_is_counted_by_the_day_whoever_receives_it(store: Store, address: str) -> None:
    midnight = NOW.replace(hour=0) + timedelta(days=1)
    late = midnight - timedelta(seconds=1)
    with closing(Store(address)) as other:
        store.receive([post(opened(100), opened(200), at=NOW), post(opened(1), way="rest", at=late)])
        other.receive([post(opened(100), at=late)])
        assert store.status(ACCOUNT).that_day == {"opened": 3}
        other.receive([post(opened(300), at=late), post(opened(400), opened(500), at=midnight)])
        store.receive([post(opened(600), delivered("1"), at=late)])
        status = other.status(ACCOUNT)
    assert (status.that_day, status.last_seen["opened"]) == ({"opened": 2, "delivered": 1}, midnight)


def test_an_event_of_which_the_row_exists_already_is_a_repeat(store: Store) -> None:
    receive(store, *deliveries(1, 3), opened(100))
    resolve_all(store)
    assert receive(store, *deliveries(1, 4), opened(100)) == Receipt(1, 4, 0)
    assert receive(store, opened(102), way="rest") == Receipt(0, 1, 0)


def test_postgresql_reads_nothing_of_other_messages_also_in_a_table_that_it_has_not_counted(
    postgres: Postgres,
) -> None:
    address = postgres.emptied()
    with closing(Store(address)) as store:
        store.open_account(ACCOUNT, "0123abcd", NOW)
        for first in range(1, 2_001, 20):  # often enough for a plan that is kept
            receive(store, *deliveries(first, first + 19))
    with psycopg.connect(address) as connection:
        read = connection.execute("SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'event'")
        assert read.fetchone() == (0,)
        scanned = connection.execute("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'event'")
        assert scanned.fetchone() == (0,)


def test_any_text_and_many_events_fit(store: Store) -> None:
    receipt = receive(store, *deliveries(1, 3_000), item(DELIVERED, 1, "é\n'\"\\"), item(OPENED, 1, "x" * 50))
    assert receipt == Receipt(3_002, 0, 0)
    assert len(store.unresolved(ACCOUNT, 5_000, NOW)) == 3_002
