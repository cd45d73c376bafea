"""The command as a user runs it: a process, configuration files, a DuckDB file, an exit code, words on a terminal."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from integration_tests.command_account import COMMAND, Account, kill_when, one_sentence, wait_until
from mailjet_sandbox.faults import Fault, delay, status
from mailjet_sandbox.sandbox import Sandbox


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with Sandbox(messages=600, days=20, days_ahead=2) as sandbox:
        yield Account(sandbox, tmp_path)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account that has been synced, to both ends."""
    with Sandbox(messages=600, days=20, days_ahead=2) as sandbox:
        account = Account(sandbox, tmp_path_factory.mktemp("synced"))
        done = account.sync()
        assert done.code == 0, done.err
        account.first_requests = sandbox.requests
        yield account


def test_the_tables_and_segment_hold_what_happened(synced: Account) -> None:
    happened = sorted(synced.happened())
    assert sorted(synced.in_duckdb()) == sorted(synced.in_duckdb(("tracks",))) == happened
    assert sorted(synced.at_segment()) == happened


def test_no_event_is_asked_of_mailjet_twice(synced: Account) -> None:
    events = ("/message", "/openinformation", "/clickstatistics", "/bouncestatistics")
    asked = [(one.path, *sorted(one.query.items())) for one in synced.first_requests if one.path.endswith(events)]
    assert asked
    assert len(asked) == len(set(asked))


def test_another_accounts_key_on_the_same_database_is_one_sentence(synced: Account) -> None:
    synced.write_source(api_key="0" * 32)
    assert "another Mailjet API key" in one_sentence(synced.sync())
    synced.write_source()


def test_no_secret_gets_into_the_database(synced: Account) -> None:
    kept = synced.database.read_bytes()
    assert not [secret for secret in synced.secrets() if secret.encode() in kept]


def test_later_syncs_read_and_send_only_what_is_new(synced: Account) -> None:
    known = synced.happened()
    accepted_before, requests_before = synced.sandbox.segment.accepted, synced.sandbox.segment.requests
    assert synced.sync().code == 0
    assert synced.sandbox.segment.accepted == accepted_before
    assert synced.sandbox.segment.requests == requests_before
    synced.sandbox.now += timedelta(days=2)
    assert synced.sync().code == 0
    assert synced.happened() - known
    assert sorted(synced.at_segment()) == sorted(synced.in_duckdb()) == sorted(known | synced.happened())
    assert synced.sandbox.segment.duplicates == 0


def test_a_report_lies_beside_the_database_and_changes_when_something_was_loaded(synced: Account) -> None:
    report = synced.database.with_name("mailjet.report.html")
    assert report.read_text("utf-8").startswith("<!doctype html>")
    report.unlink()
    assert synced.sync("--json").code == 0
    assert not report.exists()
    synced.sandbox.now += timedelta(hours=12)
    done = synced.sync("--json")
    assert (done.code, len(done.out.splitlines()), done.err) == (0, 1, "")
    assert report.exists()


def test_a_report_that_cannot_be_written_is_one_warning(account: Account) -> None:
    account.database.with_name("mailjet.report.html").mkdir()
    done = account.sync(with_destination=False)
    assert done.code == 0
    (warning,) = done.err.splitlines()
    assert warning.startswith("The report was not written: ")
    assert warning.endswith(f" mailjet-segment report --duckdb {account.database} -o FILE writes it elsewhere.")
    assert sorted(account.in_duckdb()) == sorted(account.happened())


def test_what_was_loaded_before_there_was_a_destination_is_delivered_to_it(account: Account) -> None:
    assert account.sync(with_destination=False).code == 0
    assert not account.at_segment()
    assert account.sync("--history", "send").code == 0
    assert sorted(account.at_segment()) == sorted(account.happened())


def test_a_kill_while_reading_or_delivering_loses_nothing(account: Account) -> None:
    def read_requests(count: int) -> Callable[[], bool]:
        return lambda: account.sandbox.request_count >= count

    def batches(count: int) -> Callable[[], bool]:
        before = account.sandbox.segment.requests
        return lambda: account.sandbox.segment.requests >= before + count

    kill_when(read_requests(30), account.start())
    kill_when(batches(2), account.start())
    assert account.sync().code == 0
    assert sorted(account.in_duckdb()) == sorted(account.happened())
    assert sorted(account.at_segment()) == sorted(account.happened())


def test_a_source_that_fails_half_way_leaves_what_it_read_and_the_next_sync_goes_on(account: Account) -> None:
    account.sandbox.set_faults(Fault("openinformation", status(401), nth=2, times=None))
    assert "401" in one_sentence(account.sync())
    assert set(account.at_segment()) == set(account.in_duckdb()) < account.happened()
    account.sandbox.set_faults()
    assert account.sync().code == 0
    assert sorted(account.at_segment()) == sorted(account.happened())
    assert account.sandbox.segment.duplicates == 0


def test_segment_out_of_reach_is_made_up_for_by_the_next_sync(account: Account) -> None:
    account.sandbox.set_segment_faults(Fault("batch", status(401), nth=2, times=None))
    assert "the next sync goes on from there" in one_sentence(account.sync())
    assert sorted(account.in_duckdb()) == sorted(account.happened())
    account.sandbox.set_segment_faults()
    account.sandbox.reset_requests()
    assert account.sync().code == 0
    assert sorted(account.at_segment()) == sorted(account.happened())


def test_ctrl_c_keeps_what_was_read_and_leaves_no_file_behind(account: Account) -> None:
    process = account.start()
    wait_until(lambda: account.sandbox.request_count >= 30, process)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "Stopped" in err
    assert "Traceback" not in err
    assert not [secret for secret in account.secrets() if secret in out + err]
    assert not list(account.scratch.iterdir())
    assert account.sync().code == 0
    assert sorted(account.at_segment()) == sorted(account.happened())


def test_sigterm_ends_a_sync_that_waits_for_mailjet(account: Account) -> None:
    account.sandbox.set_faults(Fault("", delay(60), nth=15, times=None))
    process = account.start()
    wait_until(lambda: account.sandbox.request_count >= 15, process)
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1, out + err
    assert "Stopped" in err
    assert "Traceback" not in err
    assert not list(account.scratch.iterdir())


def test_wrong_keys_are_one_sentence(account: Account) -> None:
    account.write_source(api_key_secret="000-no-such-secret-000")
    sentence = one_sentence(account.sync())
    assert "401" in sentence
    assert "000-no-such-secret-000" not in sentence


def test_a_missing_setting_is_one_sentence(account: Account) -> None:
    account.write_source(start_date="yesterday")
    assert "start_date" in one_sentence(account.sync())


def test_the_demo_shows_that_what_happened_arrived_and_leaves_its_database(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "mailjet-demo.duckdb").write_bytes(b"of the last demo")
    done = subprocess.run([COMMAND, "demo"], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 are missing, 0 are made up" in done.stdout
    assert "Email Link Clicked" in done.stdout
    with duckdb.connect(str(tmp_path / "demo" / "mailjet-demo.duckdb"), read_only=True) as connection:
        [(events,)] = connection.execute("SELECT count(*) FROM tracks").fetchall()
        [(buyers,)] = connection.execute("SELECT count(DISTINCT user_id) FROM order_completed").fetchall()
        [(prefetched,)] = connection.execute(
            "SELECT count(*) FROM email_opened WHERE context_user_agent = 'Mozilla/5.0'"
        ).fetchall()
    assert events > 2_000
    assert buyers > 50
    assert prefetched > 100
    assert "The report is demo/mailjet-demo.report.html" in done.stdout
    assert "<h1>" in (tmp_path / "demo" / "mailjet-demo.report.html").read_text("utf-8")
    look = subprocess.run(done.stdout.splitlines()[-1], shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert look.returncode == 0, look.stderr
    assert "transactional-receipts" in look.stdout
