"""A whole account agrees with Mailjet's counters, and one event that is taken out is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import duckdb
import pytest

from mailjet_rest.client import Mailjet
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches
from mailjet_segment.analytics.answers import open_sources
from mailjet_segment.analytics.period import ALL, Period
from mailjet_segment.analytics.place import duckdb_place
from mailjet_segment.analytics.reconciled import read_reconciled
from mailjet_segment.reconciling.command import make_bounds, run_reconcile
from mailjet_segment.reconciling.difference import KINDS, Kind, Outcome
from mailjet_segment.reconciling.listings import Account, Listings
from mailjet_segment.reconciling.reconciliation import Reconciliation
from mailjet_segment.reconciling.tables import Tables
from program.failure import Failure
from segment_events.kinds import KINDS as KINDS_OF_EVENTS
from unit_tests.reconciling.account import fill_tables

pytestmark = pytest.mark.servers

TABLE_OF: Mapping[Kind, str] = {
    "delivered": "email_delivered",
    "opened": "email_opened",
    "clicked": "email_link_clicked",
    "unsubscribed": "email_unsubscribed",
    "complained": "email_marked_as_spam",
    "bounced_hard": "email_bounced WHERE bounce_type = 'hard'",
    "bounced_soft": "email_bounced WHERE bounce_type = 'soft'",
}


@dataclass
class Compared:
    """An account, its tables, and how they are compared."""

    sandbox: Sandbox
    config: Mapping[str, Any]
    file: Path
    connection: duckdb.DuckDBPyConnection

    def run(self, period: Period = ALL, with_campaigns: bool = False, most_requests: int = 500) -> Outcome:
        start = int(self.sandbox.start.timestamp())
        with closing(
            Mailjet(self.sandbox.mailjet_url, self.sandbox.api_key, self.sandbox.api_key_secret, 10_000)
        ) as api:
            accounts = [Account(api, start, 30 * 86_400)]
            self.connection.execute("DROP VIEW IF EXISTS counted")
            tables = Tables(self.connection)
            bounds = make_bounds(accounts, tables, period, int(self.sandbox.now.timestamp()))
            return Reconciliation(tables, Listings(accounts, most_requests), bounds).run(with_campaigns)

    def take_out(self, kind: Kind, place: int) -> tuple[str, datetime]:
        """An event of a kind goes; its id and its time."""
        where = TABLE_OF[kind]
        found = self.connection.execute(f"SELECT id, timestamp FROM source.{where} ORDER BY id").fetchall()
        event_id, at = found[place % len(found)]
        self.connection.execute(f"DELETE FROM source.{where.partition(' ')[0]} WHERE id = ?", [event_id])
        return event_id, at.astimezone(timezone.utc)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compared]:
    file = tmp_path_factory.mktemp("filled") / "mailjet.duckdb"
    with Sandbox(messages=900) as sandbox:
        config = fill_tables(sandbox, file)
        with open_sources(duckdb_place(file)) as connection:
            yield Compared(sandbox, config, file, connection)


@pytest.fixture
def compared(filled: Compared) -> Iterator[Compared]:
    """What a test changes is undone after it."""
    filled.sandbox.switches = Switches()
    filled.connection.execute("BEGIN")
    yield filled
    filled.connection.execute("ROLLBACK")


@pytest.mark.parametrize("spelt", ["openapi", "guide"])
@pytest.mark.parametrize("bots", [True, False])
@pytest.mark.parametrize("inclusive", [True, False])
def test_a_whole_account_agrees(
    compared: Compared, spelt: Literal["openapi", "guide"], bots: bool, inclusive: bool
) -> None:
    compared.sandbox.switches = Switches(
        counters_spelt=spelt, counters_count_bots=bots, from_ts_inclusive=inclusive, to_ts_inclusive=inclusive
    )
    outcome = compared.run()
    assert outcome.red == []
    assert outcome.bots is bots
    assert set(outcome.ours) == set(KINDS) - {"blocked"}
    assert all(outcome.theirs.values())
    reasons = {reason for difference in outcome.differences for reason in difference.explained}
    assert {"same second, one id", "status overwritten since", "delivered late"} <= reasons
    assert all(
        difference.theirs - difference.ours == difference.explained.total() for difference in outcome.differences
    )
    assert outcome.requests < 60


@pytest.mark.parametrize("place", [5, 11])
@pytest.mark.parametrize("kind", TABLE_OF)
def test_an_event_that_is_taken_out_is_named(compared: Compared, kind: Kind, place: int) -> None:
    event_id, at = compared.take_out(kind, place)
    (red,) = compared.run().red
    assert (red.day, red.kind, red.unexplained, red.missing) == (at.date(), kind, 1, [event_id])


@pytest.mark.parametrize("kind", ["opened", "bounced_hard"])
def test_an_event_too_many_is_named(compared: Compared, kind: Kind) -> None:
    event_id, at = compared.take_out(kind, 7)
    compared.connection.execute("ROLLBACK")
    compared.connection.execute("BEGIN")
    table = TABLE_OF[kind].partition(" ")[0]
    compared.connection.execute(
        f"INSERT INTO source.{table} SELECT * REPLACE (id || '1' AS id) FROM source.{table} WHERE id = ?", [event_id]
    )
    (red,) = compared.run().red
    assert (red.day, red.kind, red.unexplained) == (at.date(), kind, -1)


def test_campaigns_are_compared_by_themselves(compared: Compared) -> None:
    outcome = compared.run(with_campaigns=True)
    assert outcome.red == []
    event_id, at = compared.take_out("clicked", 3)
    red = compared.run(with_campaigns=True).red
    assert [(each.kind, each.day, each.missing) for each in red] == [("clicked", at.date(), [event_id])] * 2
    assert [each.campaign_id is None for each in red] == [True, False]


@pytest.mark.parametrize("zone", [ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")])
def test_days_are_those_of_the_time_zone(compared: Compared, zone: tzinfo) -> None:
    _, at = compared.take_out("clicked", 9)
    (red,) = compared.run(Period(zone=zone)).red
    assert red.day == at.replace(minute=0, second=0).astimezone(zone).date()


def test_a_period_is_compared_alone(compared: Compared) -> None:
    _, at = compared.take_out("opened", 5)
    around = Period(since=at - timedelta(days=1), until=at + timedelta(days=1))
    assert len(compared.run(around).red) == 1
    assert compared.run(Period(since=at + timedelta(hours=1))).red == []
    assert compared.run(Period(until=at - timedelta(hours=1))).red == []


def test_what_happened_after_the_last_reading_is_no_difference(tmp_path: Path) -> None:
    file = tmp_path / "mailjet.duckdb"
    with Sandbox(messages=500, days=8, days_ahead=4) as sandbox:
        config, read_at = fill_tables(sandbox, file), sandbox.now
        sandbox.now += timedelta(days=3)
        with open_sources(duckdb_place(file)) as connection:
            for kind in KINDS_OF_EVENTS:  # the machine's clock is not that of the account
                connection.execute(f"UPDATE source.{kind.stream} SET received_at = ?", [read_at])
            compared = Compared(sandbox, config, file, connection)
            assert compared.run().red == []
            event_id, at = compared.take_out("delivered", 40)
            (red,) = compared.run().red
            assert (red.day, red.missing) == (at.date(), [event_id])


def test_blocked_messages_are_compared_if_they_were_read(compared: Compared) -> None:
    blocked = [event for event in compared.sandbox.truth(with_blocked=True) if event.kind == "blocked"]
    for event in blocked[1:]:
        compared.connection.execute(
            "INSERT INTO source.email_blocked (id, email_id, timestamp) VALUES (?, ?, ?)",
            [event.id, event.email_id, event.at],
        )
    (red,) = compared.run().red
    assert (red.kind, red.day, red.missing) == ("blocked", blocked[0].at.date(), [blocked[0].id])


def test_what_there_are_no_requests_for_stays_unexplained(compared: Compared) -> None:
    outcome = compared.run(most_requests=2)
    assert outcome.red
    assert not any(difference.is_looked_up for difference in outcome.red)


def test_the_hour_in_which_the_tables_begin_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "mailjet.duckdb"
    with Sandbox(messages=300, days=4) as sandbox:
        start = sandbox.start + timedelta(days=1, minutes=55)
        config = fill_tables(sandbox, file, start=start)
        path = tmp_path / "source.json"
        path.write_text(json.dumps({**config, "max_requests_per_second": 1_000}))
        run_reconcile([path], duckdb_place(file), ALL, False, 500, True)
        found = read_reconciled(duckdb_place(file))
    assert found
    assert found.agrees
    assert found.since == start.replace(minute=0, second=0)


def test_the_command_says_it_in_a_sentence_and_keeps_it(
    filled: Compared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled.sandbox.switches = Switches()
    path = tmp_path / "source.json"
    path.write_text(json.dumps({**filled.config, "max_requests_per_second": 1_000}))
    place = duckdb_place(filled.file)
    run_reconcile([path], place, ALL, False, 500, True)
    printed = json.loads(capsys.readouterr().out)
    assert printed["agrees"]
    assert printed["sentence"].startswith("Agrees with Mailjet's counters to ")
    found = read_reconciled(place)
    assert found
    assert (found.agrees, found.sentence, found.unexplained) == (True, printed["sentence"], 0)
    with duckdb.connect(str(filled.file)) as connection:
        [(event_id, at)] = connection.execute("SELECT id, timestamp::TIMESTAMP FROM email_opened LIMIT 1").fetchall()
        connection.execute("DELETE FROM email_opened WHERE id = ?", [event_id])
    with pytest.raises(Failure, match=rf"nothing explains it: {at:%Y-%m-%d} \(opened\)\."):
        run_reconcile([path], place, ALL, False, 500, False)
    assert event_id in capsys.readouterr().out.replace("\n", "")
    found = read_reconciled(place)
    assert found
    assert (found.agrees, found.unexplained) == (False, 1)
    assert read_reconciled(replace(place, address=str(tmp_path / "other.duckdb"))) is None


def test_what_was_found_is_printed_also_if_it_cannot_be_kept(
    filled: Compared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, file = tmp_path / "source.json", tmp_path / "mailjet.duckdb"
    path.write_text(json.dumps({**filled.config, "max_requests_per_second": 1_000}))
    shutil.copy(filled.file, file)
    file.with_suffix(".reconciled.json").mkdir()
    with pytest.raises(Failure, match=r"reconciled\.json cannot be written: .* let this user write it"):
        run_reconcile([path], duckdb_place(file), ALL, False, 500, True)
    assert json.loads(capsys.readouterr().out)["sentence"]


def test_all_of_many_lost_unsubscribes_are_named_or_stay_unexplained(tmp_path: Path) -> None:
    file = tmp_path / "mailjet.duckdb"
    with Sandbox(messages=400, days=8, rates=Rates(opened=0, clicked=0, unsubscribed=0.5)) as sandbox:
        config = fill_tables(sandbox, file)
        with open_sources(duckdb_place(file)) as connection:
            [(lost,)] = connection.execute("SELECT count(*) FROM source.email_unsubscribed").fetchall()
            connection.execute("DELETE FROM source.email_unsubscribed")
            compared = Compared(sandbox, config, file, connection)
            assert lost > 100
            by_requests = {
                most: [each for each in compared.run(most_requests=most).red if each.kind == "unsubscribed"]
                for most in (1_000, 60)
            }
    assert sum(each.unexplained for each in by_requests[1_000]) == lost
    assert sum(len(each.missing) for each in by_requests[1_000]) == lost
    assert sum(each.unexplained for each in by_requests[60]) >= lost
    assert not any(each.is_looked_up for each in by_requests[60])
