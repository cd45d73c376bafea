"""The DuckDB file of release 0.1.0, which PyAirbyte filled, goes on: its rows, its state, the events that Segment had.

The rows go into the store, those that Segment has before the others, so that one position tells what it has. Then the
tables get the form that loads give them. Each step can be repeated after a crash; nothing is dropped before the store
has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import orjson

from event_store.leadership import Leadership
from event_store.store import Store
from event_store.values import KnownEvent
from mailjet_collector.forward_plan import ForwardPlan, to_note
from mailjet_collector.forwarding import consumer_name, plan_note
from mailjet_reading.config import Config
from mailjet_reading.feeds.feeds import feeds_of
from mailjet_reading.state import FeedState, format_state, parse_stream_state
from mailjet_segment.loads.database import MARK as MARK_OF_OURS
from mailjet_segment.loads.database import TABLES, Database, create_table
from mailjet_segment.store_place import READING
from mailjet_segment.sync.history import FROM_THE_FIRST
from mailjet_segment.sync.plan import Plan, Segment
from mailjet_segment.warehouse import Waiting, open_warehouse, refuse_impossible
from program.credential import key_digest
from program.failure import ConfigurationError
from segment_events.instants import format_instant, unix_seconds
from segment_events.kinds import KIND_BY_STREAM, KINDS, TRACKS, columns_of

MARK = "_airbyte_extracted_at"
"""The column that each table has which PyAirbyte made."""
FORMER = "former release"
"""The store's note of what was taken over: the write key's digest, the position up to which Segment has all, how many
events those are, and the file, until its tables have their new form."""
AT_ONCE = 1_000
_LEFT_OVER = ("_airbyte_state", "_airbyte_streams", "_airbyte_destination_state")
_VIEWS = ("messages", "campaign_funnel")
_TABLES = """
SELECT table_name FROM duckdb_tables() WHERE schema_name = ? AND database_name = current_database() AND NOT internal
"""
_OUR_VIEWS = """
SELECT view_name, comment FROM duckdb_views()
WHERE schema_name = 'main' AND database_name = current_database() AND NOT internal
"""


def is_former(path: Path, configs: Sequence[Config], waiting: Waiting) -> bool:
    """Whether release 0.1.0 made tables in a file; False if there is no such file.

    Raises `ConfigurationError` if they are of another Mailjet key than these.
    """
    refuse_impossible(path)
    if not path.exists():
        return False
    with open_warehouse(path, waiting) as connection:
        former = Former(connection, path)
        if not former.tables():
            return False
        former.owner(configs)
        return True


class Former:
    """A database of release 0.1.0."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._database = Database(connection, "duckdb", "")

    def tables(self) -> list[str]:
        """Those of the seven tables that release 0.1.0 made."""
        found = self._connection.execute(
            "SELECT table_name FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal"
            " AND database_name = current_database() AND column_name = ?",
            [MARK],
        ).fetchall()
        return [stream for stream in TABLES if (stream,) in found and self._has("main", stream)]

    def owner(self, configs: Sequence[Config]) -> int:
        """The place of the account that was read into it; raises `ConfigurationError` if it is none of these."""
        for place, config in enumerate(configs):
            with suppress(ConfigurationError):
                self.states(config)
                return place
        self.states(configs[0])
        return 0

    def states(self, config: Config) -> Mapping[str, FeedState]:
        """The state of each feed; of two that differ, the one that has read less, and where there is none, nothing.

        Raises `ConfigurationError` if they are of another Mailjet key.
        """
        written: dict[str, str] = {}
        if self._has("main", "_airbyte_state"):
            written = dict(self._connection.execute("SELECT stream_name, state_json FROM _airbyte_state").fetchall())
        states: dict[str, FeedState] = {}
        for kind in KINDS:
            (feed,) = feeds_of(kind.stream)
            text = written.get(kind.stream)
            content = orjson.loads(text)["stream"]["stream_state"] if text else {}
            state = parse_stream_state(kind.stream, content, [feed], config.api_key_digest)[feed.name]
            if feed.name not in states or _covered_s(state) < _covered_s(states[feed.name]):
                states[feed.name] = state
        return states

    def write_keys(self) -> list[str]:
        """The digests of the write keys to which it has sent, the one with most events first."""
        if not self._has_sent():
            return []
        query = "SELECT split_part(destination, ' ', 1) FROM delivery.accepted GROUP BY 1 ORDER BY count(*) DESC"
        return [digest for (digest,) in self._connection.execute(query).fetchall()]

    def events(self, write_key: str | None, accepted: bool) -> Iterator[list[KnownEvent]]:
        """The events that a write key has, or those that it has not."""
        among = "SELECT id FROM delivery.accepted WHERE split_part(destination, ' ', 1) = $key"
        if not self._has_sent():
            among = "SELECT NULL WHERE $key IS NULL"
        for stream in self.tables():
            if stream == TRACKS:
                continue
            query = f'SELECT * FROM main."{stream}" WHERE id IS NOT NULL AND (id IN ({among})) = $accepted'
            cursor = self._connection.cursor().execute(query, {"key": write_key or "", "accepted": accepted})
            columns = [name for name, *_ in cursor.description or []]
            while rows := cursor.fetchmany(AT_ONCE):
                yield [_known(stream, columns, values) for values in rows]

    def count(self) -> int:
        """How many events there are."""
        streams = [stream for stream in self.tables() if stream != TRACKS]
        query = 'SELECT count(*) FROM main."{}" WHERE id IS NOT NULL'
        return sum(count for name in streams for (count,) in self._database.run(query.format(name)))

    def convert(self) -> None:
        """Gives the tables the form of those that loads make, and drops those that only the former release used."""
        with self._database.transaction():
            for name, comment in self._connection.execute(_OUR_VIEWS).fetchall():
                if name in _VIEWS and (comment or "").startswith(MARK_OF_OURS):
                    self._connection.execute(f"DROP VIEW main.{name}")
            for stream in self.tables():
                self._convert_table(stream)
            for name in _LEFT_OVER:
                self._connection.execute(f"DROP TABLE IF EXISTS main.{name}")
            if self._has_sent():
                self._connection.execute("DROP TABLE delivery.accepted")
                if not self._connection.execute(_TABLES, ["delivery"]).fetchall():
                    self._connection.execute("DROP SCHEMA delivery")

    def _convert_table(self, stream: str) -> None:
        """Times are in UTC, without an offset; the comparison of names makes columns of an older form null.

        The rows are copied, for a table that has an index of the user's cannot be renamed.
        """
        run = self._connection.execute
        run(f'CREATE OR REPLACE TEMP TABLE former_rows AS SELECT * FROM main."{stream}" WHERE id IS NOT NULL')
        run(f'DROP TABLE main."{stream}"')
        create_table(self._database, stream)
        there = {name for (name,) in run("SELECT column_name FROM (DESCRIBE former_rows)").fetchall()}
        columns = {name: kind for name, kind in columns_of(stream).items() if name in there}
        values = ", ".join(
            f"timezone('UTC', \"{name}\")" if kind == "instant" else f'"{name}"' for name, kind in columns.items()
        )
        names = ", ".join(f'"{name}"' for name in columns)
        run(f'INSERT INTO main."{stream}" ({names}) SELECT {values} FROM former_rows')
        run("DROP TABLE former_rows")

    def _has_sent(self) -> bool:
        """Whether it noted which events Segment accepted: it did so only if there was a destination."""
        return self._has("delivery", "accepted")

    def _has(self, schema: str, table: str) -> bool:
        return (table,) in self._connection.execute(_TABLES, [schema]).fetchall()


def take_over(former: Former, plan: Plan, store: Store, leaders: Sequence[Leadership]) -> str:
    """Takes a former database over into the store; returns the sentence for the user.

    Raises `ConfigurationError` if it is of another Mailjet key.
    """
    place = former.owner(plan.accounts)
    leader, config, count = leaders[place], plan.accounts[place], former.count()
    if store.note(leader.account, READING) is None:
        _import(former, config, plan.segment, store, leader)
    former.convert()
    return (
        f"The database is of release 0.1.0: its {count:,} events and how far Mailjet was read are taken over, and its "
        "tables have their new form."
    )


def is_half_taken_over(store: Store, account: str, plan: Plan) -> bool:
    """Whether a crash came between the store and the tables: then the file has to be looked at again."""
    note = store.note(account, FORMER)
    return note is not None and note["file"] in {target.address for target in plan.targets}


def end_take_over(store: Store, leader: Leadership, plan: Plan) -> None:
    """Notes that the tables of these files have their new form."""
    if is_half_taken_over(store, leader.account, plan):
        note = store.note(leader.account, FORMER)
        store.set_note(leader.account, FORMER, {**note, "file": None}, leader)


def _import(former: Former, config: Config, segment: Segment | None, store: Store, leader: Leadership) -> None:
    """Keeps rows and state; may be repeated after a crash, until the state is noted at its end."""
    states, keys, now = former.states(config), former.write_keys(), datetime.now(timezone.utc)
    ours = key_digest(segment.source.write_key) if segment else None
    note = store.note(leader.account, FORMER)
    if note is None:
        key = ours if ours in keys else next(iter(keys), None)
        sent = _keep(store, leader, former.events(key, accepted=True), now)
        note = {"write_key": key, "position": store.end(leader.account), "sent": sent, "file": str(former.path)}
        store.set_note(leader.account, FORMER, note, leader)
    _keep(store, leader, former.events(note["write_key"], accepted=False), now)
    store.set_note(leader.account, READING, format_state(states, config.api_key_digest), leader)


def _keep(store: Store, leader: Leadership, batches: Iterable[list[KnownEvent]], now: datetime) -> int:
    """How many events the store has of these, whether it kept them now or before a crash."""
    count = 0
    for events in batches:
        store.keep(leader, events, now)
        count += len(events)
    return count


def take_over_consumer(store: Store, leader: Leadership, segment: Segment) -> str | None:
    """Lets Segment's consumer begin where release 0.1.0 ended with this write key; says so.

    None if it had no part, or if it was decided before what Segment gets.
    """
    note = store.note(leader.account, FORMER)
    consumer = consumer_name(segment.source)
    if not note or note["write_key"] != key_digest(segment.source.write_key):
        return None
    if store.note(leader.account, plan_note(consumer)) is not None:
        return None
    store.consumer(leader.account, consumer, note["position"])
    plan = ForwardPlan(first_start=FROM_THE_FIRST, since=FROM_THE_FIRST)
    store.set_note(leader.account, plan_note(consumer), to_note(plan), leader)
    return (
        f"{note['sent']:,} events that release 0.1.0 handed to Segment with this write key count as accepted at "
        f"{segment.place}. If they went to a wrong region, send them again with --resend-from."
    )


def _known(stream: str, columns: Sequence[str], values: Sequence[Any]) -> KnownEvent:
    row = {
        name: _to_json(value)
        for name, value in zip(columns, values, strict=True)
        if value is not None and not name.startswith("_airbyte_")
    }
    return KnownEvent(
        KIND_BY_STREAM[stream], row["email_id"], unix_seconds(_utc(values[columns.index("timestamp")])), row
    )


def _to_json(value: Any) -> Any:
    return format_instant(_utc(value)) if isinstance(value, datetime) else value


def _utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)


def _covered_s(state: FeedState) -> int:
    return sum(until - since for since, until in state.windows.covered)
