"""`mailjet-segment status`: the last sync or post, new events, waiting events; it asks neither Mailjet nor Segment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from mailjet_rest.phrases import duration
from mailjet_segment.condition import Condition, Reader, opened, read_conditions
from mailjet_segment.loads.target import DEFAULT_DATABASE, Target, duckdb_target, parse_target
from mailjet_segment.store_place import DEFAULT_STORE, store_address, store_file
from mailjet_segment.tables_alone import has_store, newest_row
from program.failure import Failure
from segment_events.instants import format_instant


@dataclass(frozen=True)
class Place:
    """Where to look, as the user named it: at most one is given."""

    database: Path | None = None
    url: str | None = None
    store: str | None = None


def run_status(place: Place, as_json: bool, max_age: timedelta | None) -> None:
    """Prints the status; raises `Failure` if there is none, or if something is older than `max_age`."""
    now = datetime.now(timezone.utc)
    address, target = _find(place)
    if address is None:
        assert target
        _of_tables(target, as_json, max_age, now)
        return
    with opened(address) as store:
        name, conditions = store.name, read_conditions(store)
    late = list(filter(None, (_late(condition, max_age, now) for condition in conditions)))
    if as_json:
        accounts = [_to_json(condition, now) for condition in conditions]
        is_fresh = not late and bool(conditions or max_age is None)
        print(json.dumps({"store": name, "is_fresh": is_fresh, "accounts": accounts}), flush=True)
    else:
        print("\n".join([name, *(line for condition in conditions for line in _lines(condition, now))]), flush=True)
    if not conditions and max_age is not None:
        raise Failure("Nothing was ever read into this store.")
    if late:
        raise Failure(" ".join(late))


def _find(place: Place) -> tuple[str | None, Target | None]:
    """The store to look into, and the target that the user named; without a store, only that."""
    if place.store:
        return store_address(place.store, None), None
    if place.url:
        target = parse_target(place.url)
        if target.kind == "duckdb":
            return _find(Place(database=Path(target.address)))
        if target.kind != "postgresql":
            raise Failure("--database must be postgresql://user@host/database, or duckdb:///a-file.duckdb.")
        return (target.address if has_store(target) else None), target
    database = place.database or DEFAULT_DATABASE
    beside = store_file(store_address(None, database))
    if place.database is None and not (beside and beside.exists()) and Path(DEFAULT_STORE).exists():
        return store_address(DEFAULT_STORE, None), None
    if beside and beside.exists():
        return store_address(None, database), duckdb_target(database)
    if not database.exists():
        raise Failure(
            f"There is neither {database} nor a store beside it: run this in the folder of your syncs, or give "
            "--duckdb, --database or --store."
        )
    return None, duckdb_target(database)


def _late(condition: Condition, max_age: timedelta | None, now: datetime) -> str | None:
    if max_age is None:
        return None
    what = "complete sync" if condition.kind == "sync" else "post, and the last reading by REST,"
    if condition.fresh_at is None:
        return f"{condition.account}: there was no {what} yet."
    if now - condition.fresh_at <= max_age:
        return None
    ago = duration((now - condition.fresh_at).total_seconds())
    return f"{condition.account}: the last {what} is {ago} old, more than {duration(max_age.total_seconds())}."


def _lines(condition: Condition, now: datetime) -> Iterator[str]:
    yield f"\nAccount {condition.account} ({condition.kind})"
    if last := condition.last:
        how = "complete" if not last.failures else "failed"
        yield f"  last sync     {_when(last.ended_at, now)}: {how}, {last.new:,} new events"
        yield from (f"                {failure}" for failure in last.failures)
        if last.failures and last.complete_at:
            yield f"  last complete {_when(last.complete_at, now)}"
    elif condition.kind == "sync":
        yield "  last sync     none has ended yet"
    if condition.kind == "collector":
        yield f"  last post     {_when(condition.last_post, now) if condition.last_post else 'none yet'}"
    if condition.read_until:
        oldest = min(condition.read_until.values())
        behind = [name for name, until in condition.read_until.items() if until < max(condition.read_until.values())]
        more = f" ({', '.join(behind)}; the others until {_text(max(condition.read_until.values()))})" if behind else ""
        yield f"  read by REST  until {_when(oldest, now)}{more}"
    yield f"  events        {condition.events:,} stored"
    if condition.status.waiting:
        yield f"  waiting       {condition.status.waiting:,} events wait until Mailjet says who the person is"
    if condition.status.rejected:
        yield f"  rejected      {condition.status.rejected:,} items that are no events"
    yield from map(_reader_line, condition.readers)


def _reader_line(reader: Reader) -> str:
    title = "Segment" if reader.kind == "segment" else "target"
    passed = f", {reader.passed_over:,} left out" if reader.passed_over else ""
    state = f"{reader.waiting:,} events wait" if reader.waiting else "has everything"
    return f"  {title:<13} {reader.name}: {state}{passed}"


def _of_tables(target: Target, as_json: bool, max_age: timedelta | None, now: datetime) -> None:
    """The age of the newest row, for tables that have no store."""
    newest = newest_row(target)
    late = None
    if max_age is not None and (newest is None or now - newest > max_age):
        age = duration((now - newest).total_seconds()) if newest else None
        late = f"The newest row of {target.name} is {age} old." if age else f"{target.name} has no rows."
    if as_json:
        found = format_instant(newest.replace(microsecond=0)) if newest else None
        print(json.dumps({"database": target.name, "is_fresh": late is None, "newest_received_at": found}), flush=True)
    else:
        print(f"{target.name}\n  newest row    {_when(newest, now) if newest else 'none'}", flush=True)
    if late:
        raise Failure(late)


def _when(instant: datetime, now: datetime) -> str:
    seconds = (now - instant).total_seconds()
    return f"{_text(instant)}, {duration(abs(seconds))} {'ago' if seconds >= 0 else 'ahead'}"


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _to_json(condition: Condition, now: datetime) -> dict[str, Any]:
    last, fresh = condition.last, condition.fresh_at
    return {
        "account": condition.account,
        "kind": condition.kind,
        "last_sync": last
        and {"ended_at": format_instant(last.ended_at), "new": last.new, "failures": list(last.failures)},
        "last_complete_sync": last and last.complete_at and format_instant(last.complete_at),
        "last_post": condition.last_post and format_instant(condition.last_post.replace(microsecond=0)),
        "read_until": {name: format_instant(until) for name, until in condition.read_until.items()},
        "age_hours": round((now - fresh).total_seconds() / 3600, 2) if fresh else None,
        "events": condition.events,
        "waiting": condition.status.waiting,
        "rejected": condition.status.rejected,
        "readers": _readers_json(condition.readers),
    }


def _readers_json(readers: Sequence[Reader]) -> list[dict[str, Any]]:
    return [
        {"kind": reader.kind, "name": reader.name, "waiting": reader.waiting, "left_out": reader.passed_over}
        for reader in readers
    ]
