"""The database that `sync` of release 0.1.0 left goes on: nothing is read again, sent again, or lost."""

from __future__ import annotations

import gzip
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from integration_tests.command_account import TABLES, Account, one_sentence
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.releases.record import ACCOUNT, FIELDS
from unit_tests.series import cases

RECORDED = Path(__file__).parent.parent / "unit_tests" / "releases" / "0.1.0" / "mailjet.duckdb.gz"
READ, ACCEPTED = 377, 263
"""Events that the recorded database holds, and those of them that Segment had accepted."""


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """The account that the database was recorded on, a day after its start, as the release left it."""
    with Sandbox(**{**ACCOUNT, "rates": Rates(**ACCOUNT["rates"])}) as sandbox:
        sandbox.now += timedelta(days=1)
        account = Account(sandbox, tmp_path)
        account.write_source(**FIELDS)
        account.database.write_bytes(gzip.decompress(RECORDED.read_bytes()))
        yield account


def former_ids(account: Account) -> set[str]:
    return set(account.in_duckdb())


def test_what_segment_lacked_is_sent_and_nothing_else(account: Account) -> None:
    before = former_ids(account)
    done = account.sync()
    assert done.code == 0, done.err
    assert f"its {READ:,} events" in done.out
    assert f"{ACCEPTED:,} events that release 0.1.0 handed to Segment" in done.out
    assert before <= set(account.in_duckdb())
    assert account.sandbox.segment.accepted == len(account.in_duckdb()) - ACCEPTED
    assert sorted(account.in_duckdb()) == sorted(account.in_duckdb(("tracks",)))


def test_its_state_goes_on_so_that_the_history_is_not_read_again(account: Account) -> None:
    assert account.sync().code == 0
    again = account.sandbox.request_count
    account.sandbox.reset_requests()
    account.store.unlink()
    account.database.unlink()
    assert account.sync("--history", "skip").code == 0
    assert again < account.sandbox.request_count


def test_later_days_arrive_once(account: Account) -> None:
    assert account.sync().code == 0
    account.sandbox.now += timedelta(days=2)
    assert account.sync().code == 0
    later = account.sandbox.truth(since=account.sandbox.now - timedelta(days=2))
    expected = {event.id for event in later if not event.beyond_rest}
    assert expected
    assert expected <= set(account.in_duckdb())
    assert len(account.in_duckdb()) == len(set(account.in_duckdb()))
    assert account.sandbox.segment.duplicates == 0


def test_without_a_destination_the_accepted_ones_are_remembered_for_later(account: Account) -> None:
    assert account.sync(with_destination=False).code == 0
    assert account.sandbox.segment.accepted == 0
    assert account.sync().code == 0
    assert account.sandbox.segment.accepted == len(account.in_duckdb()) - ACCEPTED


def test_all_are_sent_again_if_the_user_says_so(account: Account) -> None:
    assert account.sync("--history", "send").code == 0
    assert sorted(account.at_segment()) == sorted(account.in_duckdb())


def test_the_tables_keep_their_rows_with_times_in_utc(account: Account) -> None:
    columns = "id, event, user_id, anonymous_id, context_traits_email"
    query = f"SELECT {columns}, epoch(timestamp) FROM email_opened ORDER BY id"
    with duckdb.connect(str(account.database), read_only=True) as connection:
        before = connection.execute(query).fetchall()
    assert before
    assert account.sync(with_destination=False).code == 0
    with duckdb.connect(str(account.database), read_only=True) as connection:
        after = {row[0]: row for row in connection.execute(query).fetchall()}
        kinds = dict(
            connection.execute(
                "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'email_opened'"
            ).fetchall()
        )
        others = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%airbyte%' OR schema_name = 'delivery'"
        ).fetchall()
    assert [after[row[0]] for row in before] == before
    assert kinds["timestamp"] == "TIMESTAMP WITH TIME ZONE"
    assert not others


@pytest.mark.parametrize("call", cases([1, 3, 7, 10, 12], always=[1, 12]))
def test_a_crash_while_it_is_taken_over_is_made_up_for(account: Account, call: int) -> None:
    """The third argument of `die` says before which batch, or after the last, the process is killed."""
    program = f"from integration_tests.killed_in_between import die; die('event_store.keeping', 'keep', {call})"
    killed = subprocess.run([sys.executable, "-c", program, *account.arguments()], capture_output=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert account.sync().code == 0
    assert account.sandbox.segment.accepted == len(account.in_duckdb()) - ACCEPTED
    assert account.sandbox.segment.duplicates == 0


def test_a_crash_before_the_tables_have_their_new_form_is_made_up_for(account: Account) -> None:
    place = "'mailjet_segment.sync.former', 'create_table', 2"
    program = f"from integration_tests.killed_in_between import die; die({place})"
    killed = subprocess.run([sys.executable, "-c", program, *account.arguments()], capture_output=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    done = account.sync()
    assert done.code == 0, done.err
    assert f"its {READ:,} events" in done.out
    assert account.sandbox.segment.accepted == len(account.in_duckdb()) - ACCEPTED
    account.sandbox.reset_requests()
    assert account.sync().code == 0
    assert account.sandbox.request_count < 100, "the account is not new any more"


def test_a_database_that_sent_nothing_goes_on(account: Account) -> None:
    """Without a destination, release 0.1.0 noted nothing of what Segment had."""
    change(account, "DROP SCHEMA delivery CASCADE")
    done = account.sync(with_destination=False)
    assert done.code == 0, done.err
    assert f"its {READ:,} events" in done.out
    assert sorted(account.in_duckdb()) == sorted(account.in_duckdb(("tracks",)))


def test_a_database_without_states_is_read_again_and_doubles_nothing(account: Account) -> None:
    change(account, "DROP TABLE _airbyte_state")
    before = former_ids(account)
    done = account.sync()
    assert done.code == 0, done.err
    assert before <= set(account.in_duckdb())
    assert len(account.in_duckdb()) == len(set(account.in_duckdb()))
    assert account.sandbox.segment.accepted == len(account.in_duckdb()) - ACCEPTED


def test_what_the_user_added_to_it_stays(account: Account) -> None:
    change(
        account,
        "INSERT INTO email_opened (event) VALUES ('without an id')",
        "CREATE INDEX of_mine ON email_opened (email_id)",
        "CREATE TABLE delivery.parcels AS SELECT 42 AS mine",
        "CREATE TABLE _former_email_opened AS SELECT 42 AS mine",
        "CREATE VIEW messages AS SELECT 42 AS mine",
    )
    done = account.sync()
    assert done.code == 0, done.err
    with duckdb.connect(str(account.database), read_only=True) as connection:
        for name in ("delivery.parcels", "_former_email_opened", "messages"):
            assert connection.execute(f"FROM {name}").fetchall() == [(42,)]


def test_a_view_in_the_place_of_a_table_is_named(account: Account) -> None:
    change(account, "ALTER TABLE tracks RENAME TO mine", "CREATE VIEW tracks AS FROM mine")
    assert "has a table tracks that is not of this program" in one_sentence(account.sync())
    change(account, "DROP VIEW tracks")
    assert account.sync().code == 0
    assert account.sandbox.segment.accepted == len(account.in_duckdb()) - ACCEPTED


def change(account: Account, *statements: str) -> None:
    with duckdb.connect(str(account.database)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_history_that_is_asked_for_is_sent_by_the_next_run_if_the_first_is_killed(account: Account) -> None:
    program = "from integration_tests.killed_in_between import die; die('mailjet_segment.sync.run', '_read', 1)"
    words = [*account.arguments(), "--history", "send"]
    killed = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    done = account.sync()
    assert done.code == 0, done.err
    assert "count as accepted" not in done.out
    assert sorted(account.at_segment()) == sorted(account.in_duckdb())


def test_of_another_key_it_is_refused_and_stays_as_it_is(account: Account) -> None:
    before = account.database.read_bytes()
    account.write_source(**FIELDS, api_key="0" * 32)
    assert "another Mailjet API key" in one_sentence(account.sync())
    assert account.sandbox.request_count == 0
    assert account.database.read_bytes() == before
    assert len(account.in_duckdb(TABLES)) == READ
