"""What a sync must not do to the user's database, events and machine, whatever happens to it or is done to it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from event_store.store import Store
from integration_tests.command_account import COMMAND, TABLES, Account, Done, one_sentence, wait_until
from mailjet_sandbox.faults import Fault, delay, if_body, reset, status
from mailjet_sandbox.sandbox import Keys, Sandbox
from mailjet_sandbox.segment_ledger import SegmentLedger
from mailjet_sandbox.segment_server import segment_app
from mailjet_sandbox.serving import serving
from segment_events.instants import format_instant

SEGMENT_IS_DOWN = Fault("batch", status(503), times=None)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with Sandbox(messages=200, days=20) as sandbox:
        yield Account(sandbox, tmp_path)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Account, Done]]:
    """An account that was synced once, to both ends, and how that sync ended; a warning was said on the way."""
    with Sandbox(messages=200, days=20, now="real") as sandbox:
        account = Account(sandbox, tmp_path_factory.mktemp("first"))
        sandbox.set_faults(Fault("message", reset(), nth=2))
        done = account.sync()
        assert done.code == 0, done.err
        yield account, done


@pytest.fixture
def synced(first: tuple[Account, Done], tmp_path: Path) -> Account:
    """The same account with a copy of the database, so that a test need not wait for a first sync."""
    account = Account(first[0].sandbox, tmp_path)
    for file in (first[0].database, first[0].store):
        shutil.copy(file, account.folder)
    return account


def execute(account: Account, *statements: str) -> list[tuple[object, ...]]:
    """Run statements on the database; the rows of the last."""
    with duckdb.connect(str(account.database)) as connection:
        for statement in statements:
            connection.execute(statement)
        return connection.fetchall()


def test_tables_and_views_of_the_user_stay_as_they_are(account: Account) -> None:
    names = ("tracks_dashboard", "email_opened_campaigns", "email_opened_01kaab9zz", "messages", "tracks_123456789")
    execute(account, *(f"CREATE TABLE {name} AS SELECT 42 AS mine" for name in names))
    execute(account, "CREATE VIEW campaign_funnel AS SELECT 7 AS mine")
    done = account.sync()
    assert done.code == 0, done.err
    assert [execute(account, f"FROM {name}") for name in names] == [[(42,)]] * len(names)
    assert execute(account, "FROM campaign_funnel") == [(7,)]


@pytest.mark.parametrize("kind", ["TABLE", "VIEW"])
def test_a_tracks_of_somebody_else_is_refused_before_anything_is_read(account: Account, kind: str) -> None:
    execute(account, f"CREATE {kind} Tracks AS SELECT 'e-1' AS id, 'Opened' AS event")
    assert "has a table tracks that is not of this program" in one_sentence(account.sync())
    assert execute(account, "FROM Tracks") == [("e-1", "Opened")]
    assert (account.sandbox.request_count, account.sandbox.segment.requests) == (0, 0)


def test_a_mended_region_gets_the_history_when_the_user_says_so(synced: Account) -> None:
    right = SegmentLedger()
    with serving([segment_app(right, write_keys=[synced.sandbox.write_key])]) as (origin,):
        synced.write_destination(region={"location": "other", "api_url": origin})
        asked = synced.sandbox.request_count
        old = len(older_than_a_day(synced))
        sentence = one_sentence(synced.sync())
        assert "--history" in sentence
        assert old <= number_in(sentence) <= len(older_than_a_day(synced))
        assert origin in sentence
        assert (synced.sandbox.request_count, right.requests) == (asked, 0)
        done = synced.sync("--history", "send")
        assert done.code == 0, done.err
        assert f"{origin} (region other)" in done.out
        assert set(bare(right.message_ids)) == set(synced.in_duckdb())
        assert synced.sync().code == 0, "the answer is remembered"
        assert right.duplicates == 0


def bare(message_ids: Iterable[str]) -> list[str]:
    """Ids without the digest of the write key."""
    return [event_id.rsplit("-", 1)[0] for event_id in message_ids]


def number_in(sentence: str) -> int:
    """The number of events that a sentence names."""
    found = re.search(r"([0-9,]+) events", sentence)
    assert found
    return int(found[1].replace(",", ""))


def older_than_a_day(account: Account) -> set[object]:
    """Ids of what the database holds and happened more than a day before now."""
    bound = f"{datetime.now(timezone.utc) - timedelta(days=1):%Y-%m-%d %H:%M:%S}"
    return {id_ for (id_,) in execute(account, f"SELECT id FROM tracks WHERE timestamp < TIMESTAMP '{bound}'")}


def test_history_that_is_skipped_is_not_sent_until_it_is_asked_for(synced: Account) -> None:
    other = SegmentLedger()
    with serving([segment_app(other, write_keys=[synced.sandbox.write_key])]) as (origin,):
        synced.write_destination(region={"location": "other", "api_url": origin})
        old = older_than_a_day(synced)
        assert synced.sync("--history", "skip").code == 0
        assert old
        assert not old & set(bare(other.message_ids))
        assert set(synced.in_duckdb()) - older_than_a_day(synced) <= set(bare(other.message_ids))
        assert synced.sync("--resend-from", "2020-01-01").code == 0
        assert set(bare(other.message_ids)) == set(synced.in_duckdb())


def test_events_are_sent_again_from_a_date_on_with_the_same_ids(synced: Account) -> None:
    accepted, duplicates = synced.sandbox.segment.accepted, synced.sandbox.segment.duplicates
    since = (synced.sandbox.now - timedelta(days=5)).replace(microsecond=0)
    [(again,)] = execute(synced, f"SELECT count(*) FROM tracks WHERE timestamp >= '{since:%Y-%m-%d %H:%M:%S}'")
    assert synced.sync("--resend-from", format_instant(since)).code == 0
    new = synced.sandbox.segment.accepted - accepted
    assert 0 < synced.sandbox.segment.duplicates - duplicates <= len(synced.in_duckdb())
    assert synced.sandbox.segment.duplicates - duplicates == again
    assert new == len(synced.in_duckdb()) - accepted


def test_history_is_skipped_if_the_user_says_so_before_anything_was_sent(account: Account) -> None:
    account.sandbox.set_segment_faults(SEGMENT_IS_DOWN)
    assert account.sync().code == 1
    account.sandbox.set_segment_faults()
    assert account.sync("--history", "skip").code == 0
    assert not set(account.at_segment()) & older_than_a_day(account)
    assert account.sync("--history", "send").code == 0
    assert not account.at_segment(), "the decision holds once the events were passed over"


def test_skipped_history_and_a_date_to_send_from_give_what_happened_since(account: Account) -> None:
    since = f"{account.sandbox.now - timedelta(days=10):%Y-%m-%d}"
    assert account.sync("--history", "skip", "--resend-from", since).code == 0
    assert set(account.at_segment()) == happened_since(account, since)


def happened_since(account: Account, day: str) -> set[object]:
    """Ids of what the database holds and happened since midnight of a day."""
    return {id_ for (id_,) in execute(account, f"SELECT id FROM tracks WHERE timestamp >= '{day}'")}


def test_the_first_sync_sends_all_whatever_it_is_to_send_again(account: Account) -> None:
    assert account.sync("--resend-from", f"{account.sandbox.now:%Y-%m-%d}").code == 0
    assert sorted(account.at_segment()) == sorted(account.happened())


def test_sending_again_from_a_later_date_does_not_cut_off_an_unfinished_earlier_one(account: Account) -> None:
    assert account.sync("--history", "skip").code == 0
    days = [f"{account.sandbox.now - timedelta(days=ago):%Y-%m-%d}" for ago in (15, 2)]
    account.sandbox.set_segment_faults(Fault("batch", status(401), times=None))
    assert account.sync("--resend-from", days[0]).code == 1
    account.sandbox.set_segment_faults()
    assert account.sync("--resend-from", days[1]).code == 0
    assert set(account.at_segment()) == happened_since(account, days[0])


def test_segment_down_at_the_first_sync_keeps_nothing_from_being_read(account: Account) -> None:
    account.sandbox.set_segment_faults(SEGMENT_IS_DOWN)
    sentence = one_sentence(account.sync())
    assert "Segment cannot be reached" in sentence
    assert sorted(account.in_duckdb()) == sorted(account.happened())
    account.sandbox.set_segment_faults()
    done = account.sync()
    assert done.code == 0, done.err
    assert sorted(account.at_segment()) == sorted(account.happened())


def test_sigterm_while_segment_is_down_ends_soon_and_the_next_sync_delivers(account: Account) -> None:
    account.sandbox.set_segment_faults(Fault("batch", status(503), nth=2, times=None))
    process = account.start()
    assert process.stderr
    assert any("waiting for Segment" in line for line in process.stderr)
    process.terminate()
    began = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 30
    assert process.returncode == 1, out + err
    assert "Stopped" in err
    assert not list(account.scratch.iterdir())
    account.sandbox.set_segment_faults()
    assert account.sync().code == 0
    assert sorted(account.at_segment()) == sorted(account.happened())


@pytest.mark.parametrize("request_number", [1, 2])
def test_sigterm_ends_the_check_of_a_new_account_soon(account: Account, request_number: int) -> None:
    account.sandbox.set_faults(Fault("", delay(60), nth=request_number, times=None))
    process = account.start()
    wait_until(lambda: account.sandbox.request_count >= request_number, process)
    process.terminate()
    began = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 10
    assert process.returncode == 1, out + err
    assert "Stopped" in err
    assert not account.store.exists()


def test_a_segment_that_does_not_answer_is_found_in_seconds(account: Account) -> None:
    account.sandbox.set_segment_faults(Fault("batch", delay(60), times=None))
    began = time.monotonic()
    assert "Segment cannot be reached" in one_sentence(account.sync())
    assert time.monotonic() - began < 40


def test_a_store_that_a_collector_made_is_shared_with_it(account: Account) -> None:
    store = Store(f"sqlite:///{account.store}")
    store.open_account("shop", hashlib.sha256(account.sandbox.api_key.encode()).hexdigest()[:8], account.sandbox.now)
    store.close()
    done = account.sync()
    assert done.code == 0, done.err
    assert sorted(account.in_duckdb()) == sorted(account.happened())


def test_a_new_account_with_wrong_keys_holds_no_other_back(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    keys = Keys("7" * 32, "8" * 32, "a-write-key-of-nobody")
    with Sandbox(messages=100, days=20, days_ahead=2) as sandbox, Sandbox(messages=50, days=20, keys=keys) as second:
        account, other = Account(sandbox, tmp_path), Account(second, tmp_path / "other")
        assert account.sync().code == 0
        before = account.happened()
        sandbox.now += timedelta(days=2)
        other.write_source(api_key_secret="000-no-such-secret-000")
        both = "--source-config", str(other.folder / "source.json")
        done = account.sync(*both)
        assert "401" in one_sentence(done)
        assert f"{other.folder / 'source.json'}: " in done.err
        assert set(account.in_duckdb()) == account.happened() | before > before
        other.write_source()
        assert account.sync(*both).code == 0
        assert set(account.in_duckdb()) == account.happened() | before | other.happened()


def test_an_event_that_segment_refuses_has_no_other_sent_twice_and_is_counted_if_it_is_left_out(
    account: Account,
) -> None:
    assert account.sync(with_destination=False).code == 0
    refused = account.in_duckdb(("email_opened",))[0]
    account.sandbox.set_segment_faults(
        Fault("batch", if_body(lambda body: refused.encode() in body, status(400)), times=None)
    )
    account.write_destination(on_rejected="fail")
    for _ in range(2):
        assert refused in one_sentence(account.sync("--history", "send"))
    before = len(account.at_segment())
    assert before
    account.write_destination(on_rejected="skip")
    done = account.sync("--json")
    counts = json.loads(done.out)
    assert (done.code, counts["left_out"]) == (0, 1)
    assert sum(counts["accepted"].values()) == len(account.at_segment()) - before
    assert sorted(account.at_segment()) == sorted(account.happened() - {refused})
    assert account.sandbox.segment.duplicates == 0


def test_a_closed_terminal_loses_nothing_that_was_read_and_leaves_no_file_behind(account: Account) -> None:
    account.sandbox.set_faults(Fault("", delay(60), nth=40, times=None))
    process = account.start()
    wait_until(lambda: account.sandbox.request_count >= 40, process)
    os.killpg(process.pid, signal.SIGHUP)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    assert not list(account.scratch.iterdir())
    account.sandbox.set_faults()
    account.sandbox.reset_requests()
    assert account.sync().code == 0
    assert sorted(account.at_segment()) == sorted(account.in_duckdb()) == sorted(account.happened())
    pages = [one for one in account.sandbox.requests if one.path.endswith("/message") and "FromTS" in one.query]
    assert len(pages) < 10, "the windows of deliveries are not listed again"


def test_nobody_who_reads_what_it_prints_is_no_reason_to_lose_what_is_read(account: Account) -> None:
    process = account.start()
    assert process.stdout
    process.stdout.close()
    process.wait(timeout=300)
    assert sorted(account.at_segment()) == sorted(account.in_duckdb()) == sorted(account.happened())


def test_a_target_that_is_named_twice_is_loaded_and_counted_once(synced: Account) -> None:
    done = synced.sync("--json", "--to", f"duckdb:///{synced.database}", with_destination=False)
    assert done.code == 0, done.err
    (rows,) = json.loads(done.out)["loaded"].values()
    assert sum(rows.values()) == len(synced.in_duckdb())


def test_a_reader_that_has_the_database_open_for_some_seconds_is_waited_for(synced: Account) -> None:
    hold = f"import duckdb, time; held = duckdb.connect({str(synced.database)!r}); print(flush=True); time.sleep(4)"
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        done = synced.sync("--quiet", with_destination=False)
    assert (done.code, done.out) == (0, "")
    assert done.err.count("is in use by another program: waiting up to 60 s") == 1


def test_a_mistake_in_a_configuration_is_told_before_anything_heavy_is_imported_and_leaves_no_database(
    account: Account,
) -> None:
    for field, value in (("api_key", ""), ("start_date", "yesterday"), ("engagment_days", 3)):
        account.write_source(**{field: value})
        told, imported = run_timed(account)
        assert field in told
        assert not {"airbyte", "airbyte_cdk", "duckdb"} & imported
    account.write_source()
    account.write_destination(regoin={"location": "eu"})
    told, imported = run_timed(account)
    assert "regoin" in told
    assert not {"airbyte", "airbyte_cdk", "duckdb"} & imported
    assert not account.database.exists()
    assert account.sandbox.request_count == 0


def run_timed(account: Account) -> tuple[str, set[str]]:
    """The sentence of a failing sync, and the names of the top-level packages that it imported."""
    process = account.start(environment={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"})
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    lines = err.splitlines()
    (told,) = [line for line in lines if line.startswith("mailjet-segment: ")]
    return told, {line.rpartition("|")[2].strip().partition(".")[0] for line in lines if line != told}


def test_wrong_keys_leave_no_database(account: Account) -> None:
    account.write_source(api_key_secret="000-no-such-secret-000")
    assert "401" in one_sentence(account.sync())
    assert not account.database.exists()


def test_swapped_configurations_are_named_as_such(account: Account) -> None:
    source, destination = account.folder / "source.json", account.folder / "destination.json"
    other = account.folder / "other.json"
    source.rename(other)
    destination.rename(source)
    assert "is the destination's" in one_sentence(account.sync(with_destination=False))
    other.rename(destination)
    assert "swapped" in one_sentence(account.sync())


def test_warnings_go_to_stderr_and_all_else_to_stdout(first: tuple[Account, Done]) -> None:
    _, done = first
    assert "trying again" in done.err
    assert "trying again" not in done.out
    assert "In DuckDB" in done.out
    assert "In DuckDB" not in done.err


def test_the_last_line_is_a_command_that_shows_the_campaigns(first: tuple[Account, Done]) -> None:
    _, done = first
    look = subprocess.run(done.out.splitlines()[-1], shell=True, capture_output=True, text=True, timeout=60)
    assert look.returncode == 0, look.stderr
    assert "campaign_name" in look.stdout


def test_the_views_show_each_message_once_and_the_funnel_of_each_campaign(synced: Account) -> None:
    messages = " UNION ".join(f"SELECT email_id FROM {table}" for table in TABLES)
    [(rows, different)] = execute(synced, "SELECT count(*), count(DISTINCT email_id) FROM messages")
    assert rows == different == len(execute(synced, messages))
    assert rows
    [(delivered, opened)] = execute(synced, "SELECT sum(delivered), sum(opened) FROM campaign_funnel")
    assert delivered == len(synced.in_duckdb(("email_delivered",)))
    people = "SELECT count(DISTINCT email_id) FROM email_opened WHERE NOT coalesce(is_bot, false)"
    assert execute(synced, people) == [(opened,)]


def test_odd_surroundings_keep_it_from_nothing(account: Account) -> None:
    no_utf8 = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    process = account.start(environment={**os.environ, **no_utf8, "HOME": "/proc/none"})
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out + err
    assert sorted(account.at_segment()) == sorted(account.in_duckdb())


def test_closed_standard_streams_keep_it_from_nothing(account: Account) -> None:
    words = shlex.join([str(COMMAND), *account.arguments(with_destination=False)])
    done = subprocess.run(["sh", "-c", f"{words} <&- >&- 2>&-"], timeout=300)
    assert done.returncode == 0
    assert set(account.in_duckdb())


def test_a_user_without_a_name_and_a_home_can_sync(account: Account) -> None:
    nameless = ["unshare", "--user", "--map-user=12345", "env", "--unset=HOME"]
    if subprocess.run([*nameless, "true"], capture_output=True).returncode:
        pytest.skip("no process can have a user of its own here")
    words = [*nameless, str(COMMAND), *account.arguments(with_destination=False)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
