"""What the store has is in the target once, whatever happens on the way."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from event_store.store import Store
from event_store.values import Batch
from mailjet_segment.loads.loading import Loaded, load
from program.failure import Failure
from segment_events.kinds import BLOCKED, BOUNCED, CLICKED, DELIVERED, KINDS, OPENED, SPAM, TRACKS, Kind, columns_of
from unit_tests.event_store.posts import ACCOUNT, NOW
from unit_tests.loads.rows import MIX, TEXT, add_events, open_store, rows_of_store
from unit_tests.loads.warehouses import Warehouse

pytestmark = pytest.mark.servers  # dlt asks the machine by a process of its own

SEVEN = {kind.stream for kind in KINDS} | {TRACKS}
VIEWS = {"messages", "campaign_funnel"}
TYPES = {"text": "VARCHAR", "boolean": "BOOLEAN", "integer": "BIGINT", "instant": "TIMESTAMP WITH TIME ZONE"}


def run(store: Store, warehouse: Warehouse, *accounts: str, package_rows: int = 100_000) -> Loaded:
    return load(store, accounts or [ACCOUNT], warehouse.target, threading.Event(), package_rows=package_rows)


def test_all_rows_arrive_once_and_later_ones_after_them(store: Store, warehouse: Warehouse) -> None:
    add_events(store, 0, 400)
    assert run(store, warehouse, package_rows=150).rows.total() == 400
    assert warehouse.ids() == rows_of_store(store)
    add_events(store, 400, 60)
    assert run(store, warehouse).rows.total() == 60
    assert run(store, warehouse).rows.total() == 0
    assert warehouse.ids() == rows_of_store(store)


def test_a_row_has_the_values_of_the_store(store: Store, warehouse: Warehouse) -> None:
    add_events(store, 0, 8)
    run(store, warehouse)
    [values] = warehouse.query(
        "SELECT click_delay_s, is_bot, email_subject, user_id, CAST(received_at AS varchar), CAST(timestamp AS varchar)"
        " FROM {schema}.email_link_clicked"
    )
    assert values == (2, False, TEXT, None, "2026-01-31 12:00:00+00", "2026-01-30 19:06:42+00")
    [(subject, received_at)] = warehouse.query(
        "SELECT email_subject, CAST(received_at AS varchar) FROM {schema}.email_delivered WHERE email_id LIKE '%3'"
    )
    assert (subject, received_at) == ("", "2026-01-31 12:00:00.25+00")


def test_before_any_event_all_tables_and_views_are_there_with_all_columns(store: Store, warehouse: Warehouse) -> None:
    run(store, warehouse)
    assert warehouse.tables() == SEVEN | VIEWS
    found = warehouse.query(
        "SELECT table_name, column_name, upper(data_type) FROM information_schema.columns"
        " WHERE table_schema = '{schema}'"
    )
    columns = {(table, name, kind.replace("CHARACTER VARYING", "VARCHAR")) for table, name, kind in found}
    declared = {(table, name, TYPES[kind]) for table in SEVEN for name, kind in columns_of(table).items()}
    assert {column for column in columns if column[0] in SEVEN} == declared


def test_blocked_events_have_a_table_of_their_own_once_there_are_some(store: Store, warehouse: Warehouse) -> None:
    add_events(store, 0, 3)
    run(store, warehouse)
    assert BLOCKED.stream not in warehouse.tables()
    add_events(store, 3, 2, kind=BLOCKED)
    run(store, warehouse)
    assert warehouse.ids() == rows_of_store(store)
    assert warehouse.query("SELECT count(*) FROM {schema}.email_blocked") == [(2,)]


def test_several_accounts_share_the_tables(tmp_path: Path, warehouse: Warehouse) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'two.db'}", "acme", "bee")
    add_events(store, 0, 20, "acme")
    add_events(store, 0, 30, "bee")
    assert run(store, warehouse, "acme").rows.total() == 20
    assert run(store, warehouse, "acme", "bee").rows.total() == 30
    assert warehouse.ids() == rows_of_store(store, "acme", "bee")
    store.close()


def test_a_new_target_and_one_that_lost_a_table_get_everything(store: Store, warehouse: Warehouse) -> None:
    add_events(store, 0, 40)
    run(store, warehouse)
    warehouse.query("DROP TABLE {schema}.email_opened" + ("" if warehouse.is_duckdb else " CASCADE"))
    add_events(store, 40, 10)
    run(store, warehouse)
    assert warehouse.ids() == rows_of_store(store)
    assert warehouse.tables() >= VIEWS


def test_a_file_that_was_deleted_is_loaded_anew(store: Store, duckdb_file: Path) -> None:
    duckdb_file.parent.mkdir()
    warehouse = Warehouse(f"duckdb:///{duckdb_file}")
    add_events(store, 0, 40)
    run(store, warehouse)
    duckdb_file.unlink()
    assert run(store, warehouse).rows.total() == 40
    assert warehouse.ids() == rows_of_store(store)


def test_a_file_that_was_deleted_is_loaded_anew_by_each_store(store: Store, duckdb_file: Path, tmp_path: Path) -> None:
    duckdb_file.parent.mkdir()
    file = Warehouse(f"duckdb:///{duckdb_file}")
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}", "bee")
    add_events(store, 0, 20)
    add_events(other, 100, 30, "bee")
    for _ in range(2):
        run(store, file)
        run(other, file, "bee")
        assert file.ids() == {
            table: ids + rows_of_store(other, "bee")[table] for table, ids in rows_of_store(store).items()
        }
        duckdb_file.unlink()
    other.close()


def test_events_that_retention_deleted_are_passed_over(store: Store, warehouse: Warehouse) -> None:
    add_events(store, 0, 10)
    run(store, warehouse)
    add_events(store, 10, 10)
    store.delete_before(ACCOUNT, NOW + timedelta(days=1))
    add_events(store, 20, 10)
    assert run(store, warehouse).rows.total() == 10
    assert warehouse.query("SELECT count(*) FROM {schema}.tracks") == [(20,)]


@pytest.mark.parametrize("table", ["tracks", "email_blocked"])
def test_a_table_of_somebody_else_is_refused_and_stays_as_it_is(store: Store, warehouse: Warehouse, table: str) -> None:
    if not warehouse.is_duckdb:
        warehouse.query("CREATE SCHEMA mailjet")
    warehouse.query(f"CREATE TABLE {{schema}}.{table} AS SELECT 'mine' AS id")
    add_events(store, 0, 10)
    with pytest.raises(Failure, match=f"has a table {table} that is not of this program"):
        run(store, warehouse)
    assert warehouse.tables() == {table}
    assert warehouse.query(f"SELECT * FROM {{schema}}.{table}") == [("mine",)]


def test_a_comment_that_a_user_extends_does_not_make_a_table_theirs(store: Store, warehouse: Warehouse) -> None:
    run(store, warehouse)
    warehouse.query("COMMENT ON TABLE {schema}.tracks IS 'Events of the shop. Made by mailjet-segment.'")
    add_events(store, 0, 10)
    run(store, warehouse)
    assert warehouse.ids() == rows_of_store(store)


def of(campaign: str, kind: Kind, by_bot: bool | None = None) -> int:
    """The events of a kind among the first 80, each of a message of its own."""
    return sum(
        MIX[number % len(MIX)] is kind and number % 3 == int(campaign) and by_bot in {None, number % 5 == 0}
        for number in range(80)
    )


def test_views_are_the_same_in_both_and_a_users_view_stays(store: Store, warehouse: Warehouse) -> None:
    if not warehouse.is_duckdb:
        warehouse.query("CREATE SCHEMA mailjet")
    warehouse.query("CREATE VIEW {schema}.messages AS SELECT 1 AS mine")
    add_events(store, 0, 80)
    run(store, warehouse)
    assert warehouse.query("SELECT * FROM {schema}.messages") == [(1,)]
    found = warehouse.query(
        "SELECT campaign_id, campaign_name, delivered, opened, opened_only_by_bots, clicked, bounced, spam"
        " FROM {schema}.campaign_funnel ORDER BY campaign_id"
    )
    assert found == [
        (
            campaign,
            f"Campaign {campaign}",
            of(campaign, DELIVERED),
            of(campaign, OPENED, by_bot=False),
            of(campaign, OPENED, by_bot=True),
            of(campaign, CLICKED, by_bot=False),
            of(campaign, BOUNCED),
            of(campaign, SPAM),
        )
        for campaign in ("0", "1", "2")
    ]


def test_nothing_is_left_but_the_tables(
    store: Store, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    home.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    for first in (0, 40):
        add_events(store, first, 40)
        run(store, warehouse)
    assert not [*here.iterdir(), *home.rglob("*")]
    assert not list(tmp_path.glob("mailjet-segment-*"))
    staged = warehouse.query(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables"
        " WHERE table_schema LIKE 'mailjet_segment%' AND table_name NOT LIKE '\\_dlt%' ESCAPE '\\'"
    )
    assert staged
    assert {warehouse.query(f"SELECT count(*) FROM {table}")[0][0] for (table,) in staged} == {0}


class Forgetting(Store):
    """A store in which somebody is forgotten just after the first rows were read."""

    forgot = False

    def read_many(self, account: str, after: str | None, limit: int) -> Batch:
        batch = super().read_many(account, after, limit)
        if not self.forgot:
            self.forgot = True
            self.forget("person3@example.com", NOW)
        return batch


def test_two_stores_share_a_target_but_nothing_on_the_way(store: Store, warehouse: Warehouse, tmp_path: Path) -> None:
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}", "bee")
    for first in (0, 20):
        add_events(store, first, 20)
        add_events(other, first, 20, "bee")
        run(store, warehouse)
        run(other, warehouse, "bee")
    expected = rows_of_store(store)
    for table, ids in rows_of_store(other, "bee").items():
        expected[table] += ids
    assert warehouse.ids() == expected
    staging = "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'mailjet_segment_%'"
    assert warehouse.query(staging) == [(2,)]
    other.close()


def test_a_person_who_is_forgotten_while_a_package_is_made_does_not_arrive(
    store: Store, sqlite_address: str, warehouse: Warehouse
) -> None:
    add_events(store, 0, 40)
    forgetting = Forgetting(sqlite_address)
    run(forgetting, warehouse)
    assert warehouse.ids() == rows_of_store(store)
    assert warehouse.query("SELECT count(*) FROM {schema}.tracks") == [(39,)]
    forgetting.close()
