"""The tables are what the queries believe, and the views what Segment's warehouse has."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from event_store.database import Database
from event_store.errors import LaterStore
from event_store.migrations.apply import VERSION_TABLE
from event_store.schema import METADATA
from event_store.store import Store
from lab.postgres import Postgres
from segment_events.kinds import ALL_KINDS, BLOCKED, BOUNCED, KINDS, TRACKS, columns_of
from unit_tests.event_store.posts import ACCOUNT, NOW, item, last_position, lead, receive

STREAMS = [*(kind.stream for kind in ALL_KINDS), TRACKS]


def rows(address: str, query: str) -> list[dict[str, Any]]:
    database = Database(address)
    with database.reading() as connection:
        found = [dict(row) for row in connection.execute(text(query)).mappings()]
    database.close()
    return found


def view(address: str, stream: str, account: str = ACCOUNT) -> str:
    account = account.replace("-", "_")
    return f'"mailjet_{account}_{stream}"' if address.startswith("sqlite") else f'"mailjet_{account}"."{stream}"'


def differences(connection: Connection) -> list[Any]:
    options = {"version_table": VERSION_TABLE, "compare_type": True}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
    return [each for each in found if not (each[0] == "remove_table" and each[1].name == VERSION_TABLE)]


def test_the_migrations_make_the_tables_of_the_schema(store: Store, address: str) -> None:
    database = Database(address)
    with database.reading() as connection:
        assert differences(connection) == []
    database.close()


def test_opening_a_store_again_changes_nothing(store: Store, address: str) -> None:
    position = last_position(store)
    again = Store(address)
    assert last_position(again) == position
    again.close()


def test_two_stores_have_different_positions(store: Store, tmp_path: Any) -> None:
    other = Store(f"sqlite:///{tmp_path}/other.db")
    other.open_account(ACCOUNT, "0123abcd", NOW)
    assert last_position(other) != last_position(store)
    other.close()


def test_a_store_of_a_later_version_is_refused_in_one_sentence(store: Store, address: str) -> None:
    database = Database(address)
    with database.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    database.close()
    with pytest.raises(LaterStore, match="version 9999, which this program does not know"):
        Store(address)
    gc.collect()  # psycopg warns of a connection that was left open, and a warning is an error here


def test_the_tables_of_another_program_are_left_alone(postgres: Postgres) -> None:
    address = postgres.emptied()
    database = Database(address)
    with database.writing() as connection:
        for table in ("event", "account", "alembic_version"):
            connection.execute(text(f"CREATE TABLE public.{table} (theirs text)"))
    Store(address).close()
    with database.reading() as connection:
        assert connection.execute(text("SELECT theirs FROM public.event")).all() == []
    database.close()


@pytest.mark.parametrize("stream", STREAMS)
def test_views_have_the_columns_of_the_warehouse_in_their_order(store: Store, address: str, stream: str) -> None:
    name = BLOCKED if stream == BLOCKED.stream else next((kind for kind in KINDS if kind.stream == stream), BOUNCED)
    receive(store, item(name, 100))
    leader = lead(store)
    (waiting,) = store.unresolved(ACCOUNT, 9, NOW)
    store.resolve(leader, [(waiting.inbox_id, {"id": waiting.event_id})])
    (row,) = rows(address, f"SELECT * FROM {view(address, stream)}")
    assert list(row) == list(columns_of(stream))
    assert row["id"] == waiting.event_id
    assert [name for name, value in row.items() if value is not None] == ["id"]


def test_views_have_values_of_their_types(store: Store, address: str) -> None:
    receive(store, item(BOUNCED, 100))
    leader = lead(store)
    (waiting,) = store.unresolved(ACCOUNT, 9, NOW)
    row = {"id": "1", "timestamp": "2026-01-31T23:59:59Z", "is_blocked": True, "comment": "it's", "error": None}
    store.resolve(leader, [(waiting.inbox_id, row)])
    (seen,) = rows(address, f"SELECT * FROM {view(address, 'email_bounced')}")
    assert seen["comment"] == "it's"
    assert seen["error"] is None
    assert seen["is_blocked"] == 1
    at = seen["timestamp"]
    assert (at if isinstance(at, str) else at.strftime("%Y-%m-%dT%H:%M:%SZ")) == "2026-01-31T23:59:59Z"


def test_tracks_holds_all_kinds_but_blocked(store: Store, address: str) -> None:
    receive(store, *(item(kind, 100, str(number)) for number, kind in enumerate(ALL_KINDS)))
    leader = lead(store)
    waiting = store.unresolved(ACCOUNT, 99, NOW)
    store.resolve(leader, [(each.inbox_id, {"id": kind.name}) for each, kind in zip(waiting, ALL_KINDS, strict=True)])
    tracks = rows(address, f"SELECT id FROM {view(address, TRACKS)}")
    assert {row["id"] for row in tracks} == {kind.name for kind in KINDS}


def test_each_account_has_views_of_its_own(store: Store, address: str) -> None:
    store.open_account("north-east", "0123abcd", NOW)
    store.open_account("north-east", "0123abcd", NOW)
    receive(store, item(BOUNCED, 100))
    assert rows(address, f"SELECT * FROM {view(address, 'email_bounced', 'north-east')}") == []


def test_what_was_forgotten_is_in_no_view(store: Store, address: str) -> None:
    receive(store, item(BOUNCED, 100))
    leader = lead(store)
    (waiting,) = store.unresolved(ACCOUNT, 9, NOW)
    store.resolve(leader, [(waiting.inbox_id, {"id": "1", "context_traits_email": "a@example.com"})])
    assert len(rows(address, f"SELECT * FROM {view(address, TRACKS)}")) == 1
    store.forget("a@example.com", NOW)
    assert rows(address, f"SELECT * FROM {view(address, TRACKS)}") == []
