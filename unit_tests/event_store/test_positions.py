"""Rows get positions from an account's leader, and no reader ever misses one."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, text

from event_store.errors import BadPosition, GonePosition, NotLeader, OtherKey, StoreError, StoreInUse
from event_store.leadership import Leadership
from event_store.store import Store
from event_store.values import Receipt
from lab.postgres import Postgres
from segment_events.kinds import OPENED
from unit_tests.event_store.posts import (
    ACCOUNT,
    MINUTE,
    NOW,
    delivered,
    deliveries,
    ids_read,
    item,
    last_position,
    lead,
    opened,
    post,
    receive,
    refuse,
    resolve_all,
    waiting_ids,
)


def delivery_ids(first: int, last: int) -> list[str]:
    return [f"mailjet-delivered-{number}" for number in range(first, last + 1)]


def test_rows_are_read_in_order_of_position_page_by_page(store: Store) -> None:
    receive(store, *deliveries(1, 25))
    resolve_all(store, limit=7)
    assert ids_read(store, limit=4) == delivery_ids(1, 25)


def test_a_page_says_its_stream_and_whether_more_is_there(store: Store) -> None:
    receive(store, *deliveries(1, 2))
    resolve_all(store, user_id="u-1")
    first = store.read(ACCOUNT, None, 1)
    assert [(each.stream, each.row) for each in first.rows] == [
        ("email_delivered", {"id": "mailjet-delivered-1", "user_id": "u-1"})
    ]
    assert (first.more, first.position(first.rows[0].place)) == (True, first.after)
    second = store.read(ACCOUNT, first.after, 1)
    assert (second.more, second.rows[0].row["id"]) == (False, "mailjet-delivered-2")
    assert store.read(ACCOUNT, second.after, 1) == ([], second.after, False)


def test_a_page_of_one_stream_looks_beyond_the_others(store: Store) -> None:
    receive(store, *deliveries(1, 5), opened(100), *deliveries(6, 9))
    resolve_all(store)
    page = store.read(ACCOUNT, None, 1, "email_opened")
    assert [each.row["id"] for each in page.rows] == ["mailjet-opened-7-100"]
    assert (page.more, page.after) == (False, last_position(store))
    assert store.read(ACCOUNT, page.after, 1, "email_opened") == ([], page.after, False)


def test_a_full_page_of_one_stream_ends_at_its_last_row(store: Store) -> None:
    receive(store, opened(100), *deliveries(1, 2), opened(200), *deliveries(3, 4))
    resolve_all(store)
    page = store.read(ACCOUNT, None, 1, "email_opened")
    assert (page.more, page.after) == (True, page.position(page.rows[0].place))
    assert store.read(ACCOUNT, page.after, 1).rows[0].row["id"] == "mailjet-delivered-1"


def test_a_stream_that_does_not_exist_is_no_empty_page(store: Store) -> None:
    with pytest.raises(KeyError):
        store.read(ACCOUNT, None, 1, "email_forwarded")


def test_what_waits_for_an_identity_is_passed_and_comes_later(store: Store) -> None:
    receive(store, *deliveries(1, 3))
    first, second, _ = store.unresolved(ACCOUNT, 10, NOW)
    store.postpone(ACCOUNT, [first.inbox_id, second.inbox_id], NOW + MINUTE)
    assert waiting_ids(store) == delivery_ids(3, 3)
    leader = resolve_all(store)
    assert waiting_ids(store, NOW + MINUTE) == delivery_ids(1, 2)
    store.resolve(
        leader, [(each.inbox_id, {"id": each.event_id}) for each in store.unresolved(ACCOUNT, 9, NOW + MINUTE)]
    )
    assert ids_read(store) == ["mailjet-delivered-3", *delivery_ids(1, 2)]


def test_an_event_gets_one_position_however_often_it_is_resolved(store: Store) -> None:
    receive(store, delivered("1"))
    (waiting,) = store.unresolved(ACCOUNT, 10, NOW)
    leader = lead(store)
    assert store.resolve(leader, [(waiting.inbox_id, {"id": "first"})]) == 1
    assert store.resolve(leader, [(waiting.inbox_id, {"id": "second"})]) == 0
    assert ids_read(store) == ["first"]


def test_an_event_that_turns_out_to_be_none_is_rejected_and_may_come_again(store: Store) -> None:
    receive(store, *deliveries(1, 2))
    (first, _) = store.unresolved(ACCOUNT, 10, NOW)
    store.reject(lead(store), [(first.inbox_id, "unknown message")], NOW)
    assert waiting_ids(store) == delivery_ids(2, 2)
    assert [each.reason for each in store.rejected(ACCOUNT, 9)] == ["unknown message"]
    assert [each.body for each in store.rejected_bodies(ACCOUNT, 0, 9)] == [first.body]
    assert receive(store, delivered("1")) == Receipt(1, 0, 0)


def test_rows_hold_whatever_text(store: Store) -> None:
    receive(store, *deliveries(1, 1))
    odd = "nul \0, half \ud83d, whole \U0001f600, \\u0000 and 'quotes\""
    resolve_all(store, payload=odd, list=[{"a\0": "\0"}])
    row = store.read(ACCOUNT, None, 9).rows[0].row
    assert row["payload"] == "nul \ufffd, half \ufffd, whole \U0001f600, \\u0000 and 'quotes\""
    assert row["list"] == [{"a\ufffd": "\ufffd"}]


def test_what_is_stored_of_a_message_is_found(store: Store) -> None:
    receive(store, item(OPENED, 1, "8"), delivered("9"))
    resolve_all(store, payload="p")
    receive(store, item(OPENED, 50, "8"))
    assert store.events_of(ACCOUNT, ["8", "10"]) == [
        ("8", {"id": "mailjet-opened-8-1", "payload": "p"}),
        ("8", b"opened 8 50"),
    ]


@pytest.mark.parametrize("after", ["", "1", "x.1.1", "ffffffffffffffff.1.0", "0.0.0", "٣" * 16 + ".1.1"])
def test_a_position_of_another_store_is_refused(store: Store, after: str) -> None:
    with pytest.raises(BadPosition):
        store.read(ACCOUNT, after, 1)


def test_a_position_of_another_account_or_beyond_the_last_is_refused(store: Store) -> None:
    store.open_account("other", "0123abcd", NOW)
    receive(store, *deliveries(1, 1))
    resolve_all(store)
    last = store.read(ACCOUNT, None, 1).after
    with pytest.raises(BadPosition, match="another store or account"):
        store.read("other", last, 1)
    with pytest.raises(BadPosition, match="beyond"):
        store.read(ACCOUNT, f"{last}0", 1)


def test_a_reader_misses_nothing_while_events_are_resolved(address: str) -> None:
    store, reader = Store(address), Store(address)
    for each in (store, reader):
        each.open_account(ACCOUNT, "0123abcd", NOW)
    ended = threading.Event()
    seen: list[str] = []

    def read() -> None:
        after, more = None, True
        while more or not ended.is_set():
            was_ended = ended.is_set()
            rows, after, more = reader.read(ACCOUNT, after, 7)
            seen.extend(each.row["id"] for each in rows)
            more = more or not was_ended

    thread = threading.Thread(target=read)
    thread.start()
    leader = lead(store)
    for start in range(1, 300, 20):
        receive(store, *deliveries(start, start + 19))
        resolve_all(store, leader, limit=6)
    ended.set()
    thread.join(60)
    assert seen == delivery_ids(1, 300)
    store.close()
    reader.close()


def test_one_leads_an_account_until_it_lets_go(address: str) -> None:
    stores = [Store(address), Store(address)]
    for each in stores:
        each.open_account(ACCOUNT, "0123abcd", NOW)
        each.open_account("other", "0123abcd", NOW)
    leader = lead(stores[0])
    assert leader.is_held()
    assert stores[1].try_lead(ACCOUNT) is None
    assert stores[0].try_lead(ACCOUNT) is None
    other = stores[1].try_lead("other")
    assert other
    leader.release()
    assert not leader.is_held()
    next_leader = stores[1].try_lead(ACCOUNT)
    assert next_leader
    assert next_leader.epoch > leader.epoch
    assert next_leader.is_held()
    assert stores[0].try_lead(ACCOUNT) is None
    for each in stores:
        each.close()


def test_who_could_not_begin_to_lead_does_not_keep_the_lock(address: str) -> None:
    store, other = Store(address), Store(address)
    store.open_account(ACCOUNT, "0123abcd", NOW)
    _rename_epoch(address, "epoch", "away")
    with pytest.raises(StoreError):
        store.try_lead(ACCOUNT)
    _rename_epoch(address, "away", "epoch")
    lead(other).release()
    lead(store).release()
    store.close()
    other.close()


def _rename_epoch(address: str, name: str, new: str) -> None:
    """Without this column nobody can be the next leader, as if the database were locked for long."""
    engine = create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        table = "account" if engine.dialect.name == "sqlite" else "event_store.account"
        connection.execute(text(f"ALTER TABLE {table} RENAME COLUMN {name} TO {new}"))
    engine.dispose()


def test_a_former_leader_gives_no_positions(address: str) -> None:
    stores = [Store(address), Store(address)]
    for each in stores:
        each.open_account(ACCOUNT, "0123abcd", NOW)
    receive(stores[0], *deliveries(1, 2))
    first, second = stores[0].unresolved(ACCOUNT, 10, NOW)
    former = lead(stores[0])
    former.release()
    leader = lead(stores[1])
    stores[1].resolve(leader, [(first.inbox_id, {"id": "1"})])
    for forbidden in (
        lambda: stores[0].resolve(former, [(second.inbox_id, {"id": "2"})]),
        lambda: stores[0].reject(former, [(second.inbox_id, "unknown message")], NOW),
        lambda: stores[0].set_note(ACCOUNT, "state", {}, former),
        lambda: stores[0].advance(ACCOUNT, "segment", last_position(stores[0]), leader=former),
    ):
        with pytest.raises(NotLeader):
            forbidden()
    assert ids_read(stores[1]) == ["1"]
    assert waiting_ids(stores[1]) == ["mailjet-delivered-2"]
    for each in stores:
        each.close()


def test_a_leader_whose_server_ended_knows_it(postgres: Postgres) -> None:
    address = postgres.emptied()
    store = Store(address)
    store.open_account(ACCOUNT, "0123abcd", NOW)
    leader = lead(store)
    engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{others} AND pid <> pg_backend_pid()"))
    engine.dispose()
    assert not leader.is_held()
    leader.release()
    assert receive(store, delivered("1")) == Receipt(1, 0, 0)
    again = lead(store)
    assert again.is_held()
    assert again.epoch > leader.epoch
    store.close()


def test_only_one_collector_claims_a_file_and_others_may_use_it(sqlite_address: str) -> None:
    first, second = Store(sqlite_address), Store(sqlite_address)
    first.claim()
    first.claim()
    with pytest.raises(StoreInUse, match=r"Another collector runs on .*events\.db"):
        second.claim()
    second.open_account(ACCOUNT, "0123abcd", NOW)
    first.close()
    second.claim()
    second.close()


def test_any_number_of_collectors_share_a_server(postgres: Postgres) -> None:
    address = postgres.emptied()
    stores = [Store(address), Store(address)]
    for each in stores:
        each.claim()
        each.close()


def test_an_account_keeps_its_key_and_its_first_start(store: Store) -> None:
    assert store.open_account(ACCOUNT, "0123abcd", NOW + MINUTE) == (ACCOUNT, NOW)
    with pytest.raises(OtherKey, match=r"acme .* another API key"):
        store.open_account(ACCOUNT, "ffffffff", NOW)


@pytest.mark.parametrize("name", ["", "A", "a_b", "a b", "a'b", "x" * 41])
def test_names_that_cannot_be_part_of_an_address_are_refused(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="1 to 40 of a-z"):
        store.open_account(name, "0123abcd", NOW)


def test_notes_are_kept_by_account_and_name(store: Store) -> None:
    assert store.note(ACCOUNT, "state") is None
    store.set_note(ACCOUNT, "state", {"until": 7})
    store.set_note(ACCOUNT, "state", {"until": 8}, lead(store))
    assert store.note(ACCOUNT, "state") == {"until": 8}
    store.set_note(ACCOUNT, "state", None)
    assert store.note(ACCOUNT, "state") is None


def test_a_consumer_goes_on_from_its_place(store: Store) -> None:
    receive(store, *deliveries(1, 3))
    leader = resolve_all(store)
    consumer = store.consumer(ACCOUNT, "segment-1")
    page = store.read(ACCOUNT, consumer.after, 2)
    first, after = page.position(page.rows[0].place), page.after
    store.advance(ACCOUNT, "segment-1", after, passed_over=1, leader=leader)
    store.advance(ACCOUNT, "segment-1", first)
    consumer = store.consumer(ACCOUNT, "segment-1", after=first)
    assert (consumer.after, consumer.passed_over) == (after, 1)
    assert ids_read(store, consumer.after) == delivery_ids(3, 3)
    assert store.consumer(ACCOUNT, "load", after=first).after == first
    store.move_back(ACCOUNT, "segment-1", None)
    assert ids_read(store, store.consumer(ACCOUNT, "segment-1").after) == delivery_ids(1, 3)


def two_days_of_events(store: Store) -> Leadership:
    store.receive([post(*deliveries(1, 3), opened(100))])
    leader = resolve_all(store)
    store.receive([post(*deliveries(4, 5), at=NOW + timedelta(days=1))])
    return resolve_all(store, leader)


def test_retention_deletes_what_is_old_and_keeps_its_ids(store: Store) -> None:
    two_days_of_events(store)
    assert store.delete_before(ACCOUNT, NOW + MINUTE) == 4
    assert store.delete_before(ACCOUNT, NOW + MINUTE) == 0
    assert ids_read(store) == delivery_ids(4, 5)
    assert receive(store, *deliveries(1, 3), opened(100)) == Receipt(0, 4, 0)
    assert receive(store, opened(101), way="rest") == Receipt(0, 1, 0)
    assert waiting_ids(store) == []


def test_a_reader_that_retention_overtook_is_told(store: Store) -> None:
    two_days_of_events(store)
    pages = [store.read(ACCOUNT, None, number).after for number in range(1, 6)]
    store.delete_before(ACCOUNT, NOW + MINUTE)
    for after in pages[:3]:
        with pytest.raises(GonePosition):
            store.read(ACCOUNT, after, 9)
    assert [ids_read(store, after) for after in pages[3:]] == [delivery_ids(4, 5), delivery_ids(5, 5)]


def test_retention_waits_for_those_who_forward(store: Store) -> None:
    two_days_of_events(store)
    store.consumer(ACCOUNT, "load")
    late = NOW + timedelta(days=9)
    assert store.delete_before(ACCOUNT, late, ["segment"]) == 0
    store.consumer(ACCOUNT, "segment")
    assert store.delete_before(ACCOUNT, late, ["segment"]) == 0
    store.advance(ACCOUNT, "segment", store.read(ACCOUNT, None, 2).after)
    assert store.delete_before(ACCOUNT, late, ["segment"]) == 2
    assert ids_read(store) == ["mailjet-delivered-3", "mailjet-opened-7-100", *delivery_ids(4, 5)]


def test_forgetting_an_address_deletes_its_events_in_all_accounts_and_keeps_their_ids(store: Store) -> None:
    store.open_account("other", "0123abcd", NOW)
    receive(store, delivered("1", address="Ann@Example.com"), delivered("2", address="joann@example.com"))
    receive(store, delivered("3"))
    leader = lead(store)
    first, second, third = store.unresolved(ACCOUNT, 9, NOW)
    store.resolve(leader, [(third.inbox_id, {"id": "3", "anonymous_id": "ann@example.com"})])
    store.receive([post(delivered("4", address=" ann@example.com"), account="other")])
    forgotten = store.forget("ANN@example.com", NOW)
    assert forgotten == (3, 0, 0)
    assert [each.event_id for each in store.unresolved(ACCOUNT, 9, NOW)] == [second.event_id]
    assert store.unresolved("other", 9, NOW) == []
    assert ids_read(store) == []
    assert receive(store, *deliveries(1, 3)) == Receipt(0, 3, 0)
    assert store.resolve(leader, [(first.inbox_id, {"id": "1", "anonymous_id": "ann@example.com"})]) == 0


def test_forgetting_gives_a_reader_no_error(store: Store) -> None:
    receive(store, *deliveries(1, 3))
    first, *others = store.unresolved(ACCOUNT, 9, NOW)
    leader = lead(store)
    store.resolve(leader, [(first.inbox_id, {"id": "1", "context_traits_email": "a@example.com"})])
    store.resolve(leader, [(each.inbox_id, {"id": each.event_id}) for each in others])
    after = store.read(ACCOUNT, None, 1).after
    assert store.forget("a@example.com", NOW).events == 1
    assert ids_read(store) == delivery_ids(2, 3)
    assert ids_read(store, after) == delivery_ids(2, 3)


def test_forgetting_reaches_what_is_no_event(store: Store) -> None:
    refuse(
        store, b'{"email":"Ann\\u0040example.com"}', b"joann@example.com", b"ann%40example.com", b"ann@example.com.au"
    )
    receive(store, item(OPENED, 1, "8")._replace(body=b'"ANN@example.com"'))
    before = store.forgets()
    assert store.forget("ann@example.com", NOW) == (1, 2, 0)
    assert store.forgets() == before + 1
    assert [each.body for each in store.rejected_bodies(ACCOUNT, 0, 9)] == [b"joann@example.com", b"ann@example.com.au"]
    refuse(store, b"ann%40example.com")
    assert len(store.rejected(ACCOUNT, 9)) == 2


def test_forgetting_says_how_much_it_looks_at_and_how_far_it_is(store: Store) -> None:
    receive(store, delivered("1", address="ann@example.com"), *deliveries(2, 20_000))
    receive(store, delivered("20001", address="ann@example.com"))
    expected: list[int] = []
    counted: list[int] = []
    assert store.forget("ann@example.com", NOW, expected.append, counted.append).events == 2
    assert (expected, counted) == ([20_001], [20_000, 1])


def test_an_event_that_turns_out_to_be_of_a_forgotten_person_gets_no_row(store: Store) -> None:
    receive(store, *deliveries(1, 2))
    store.forget("Ann@example.com", NOW + MINUTE)
    store.receive([post(delivered("3"), at=NOW + 2 * MINUTE)])
    leader = lead(store)
    emails = ["ann@Example.com", "joann@example.com", "ann@example.com"]
    waiting = store.unresolved(ACCOUNT, 9, NOW)
    for each, email in zip(waiting, emails, strict=True):
        store.resolve(leader, [(each.inbox_id, {"id": each.event_id, "context_traits_email": email})])
    assert ids_read(store) == delivery_ids(2, 3)
    assert receive(store, delivered("1")) == Receipt(0, 1, 0)
    store.forget("joann@example.com", NOW + 3 * MINUTE)
    assert ids_read(store) == delivery_ids(3, 3)


def test_a_forgotten_sighting_stays_forgotten_when_it_is_displaced(store: Store) -> None:
    receive(store, opened(100)._replace(address="a@example.com"))
    receive(store, opened(102)._replace(address="a@example.com"), way="rest")
    store.forget("a@example.com", NOW)
    assert receive(store, opened(100), way="rest") == Receipt(1, 0, 0)
    assert waiting_ids(store) == []
    assert receive(store, opened(102), way="rest") == Receipt(0, 1, 0)


def test_nothing_is_kept_of_a_further_sighting_of_what_was_forgotten(store: Store) -> None:
    receive(store, opened(100)._replace(address="a@example.com"))
    store.forget("a@example.com", NOW)
    receive(store, opened(102)._replace(address="a@example.com"), way="rest")
    receive(store, opened(100), way="rest")
    assert waiting_ids(store) == []
