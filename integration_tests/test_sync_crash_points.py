"""A sync that is killed at any step loses nothing: the next one goes on, and nothing is twice anywhere."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from integration_tests.command_account import TABLES, Account, one_sentence, wait_until
from lab.postgres import Postgres
from lab.postgres_fixture import postgres as postgres
from mailjet_sandbox.faults import Fault, delay
from mailjet_sandbox.sandbox import Sandbox
from segment_events.kinds import columns_of
from unit_tests.series import cases

STEPS = [
    ("event_store.accounts", "open_account", 1),
    ("event_store.keeping", "keep", 3),
    ("event_store.accounts", "set_note", 1),
    ("event_store.consumers", "advance", 2),
    ("mailjet_segment.loads.database", "create_table", 4),
    ("mailjet_segment.loads.place", "aside", 1),
    ("mailjet_segment.views", "make_views", 1),
]
FURTHER_STEPS = [
    ("event_store.keeping", "keep", 1),
    ("event_store.accounts", "set_note", 3),
    ("event_store.consumers", "advance", 1),
    ("event_store.consumers", "advance", 3),
    ("mailjet_segment.loads.place", "aside", 2),
    ("mailjet_segment.loads.place", "make_views", 1),
]
"""Before which call of which function the process is killed."""


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with Sandbox(messages=800, days=20) as sandbox:
        yield Account(sandbox, tmp_path)


def is_exact(account: Account) -> bool:
    """Whether both ends have what happened, each event once."""
    happened = sorted(account.happened())
    tables = (account.in_duckdb(), account.in_duckdb(("tracks",)))
    return all(sorted(rows) == happened for rows in tables) and sorted(account.at_segment()) == happened


@pytest.mark.parametrize(("module", "function", "call"), cases([*STEPS, *FURTHER_STEPS], always=STEPS))
def test_a_kill_at_any_step_costs_nothing(account: Account, module: str, function: str, call: int) -> None:
    program = f"from integration_tests.killed_in_between import die; die({module!r}, {function!r}, {call})"
    killed = subprocess.run([sys.executable, "-c", program, *account.arguments()], capture_output=True, timeout=120)
    assert killed.returncode in (-signal.SIGKILL, 0), killed.stderr
    assert killed.returncode or function == "make_views", "the step was never reached"
    done = account.sync()
    assert done.code == 0, done.err
    assert is_exact(account)


def test_a_kill_while_reading_costs_the_windows_in_flight_and_no_others(account: Account) -> None:
    account.sandbox.set_faults(Fault("openinformation", delay(60), nth=2, times=None))
    process = account.start()
    wait_until(lambda: _opens_asked(account) >= 2, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    account.sandbox.set_faults()
    account.sandbox.reset_requests()
    assert account.sync().code == 0
    assert is_exact(account)
    listed = [one for one in account.sandbox.requests if one.path.endswith("/message") and "FromTS" in one.query]
    assert len(listed) < 10, "the windows of deliveries are not listed again"


def _opens_asked(account: Account) -> int:
    return sum(one.path.endswith("openinformation") for one in account.sandbox.requests)


def test_two_syncs_at_once_are_one_and_a_sentence(account: Account) -> None:
    account.sandbox.set_faults(Fault("", delay(60), nth=20, times=None))
    process = account.start()
    wait_until(lambda: account.sandbox.request_count >= 20, process)
    assert "Another sync of this account runs" in one_sentence(account.sync())
    account.sandbox.set_faults()
    process.terminate()
    process.communicate(timeout=60)
    assert account.sync().code == 0
    assert is_exact(account)


def test_a_full_disk_is_a_sentence_and_the_next_sync_goes_on(account: Account) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    words = [sys.executable, "-m", "mailjet_segment", *account.arguments()]
    done = subprocess.run(words, preexec_fn=little_room, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert account.sync().code == 0
    assert is_exact(account)


@pytest.mark.servers
def test_store_and_tables_in_postgresql_are_equal_to_those_in_files(account: Account, postgres: Postgres) -> None:
    address = postgres.emptied()
    for _ in range(2):
        done = account.sync("--store", address, "--to", address)
        assert done.code == 0, done.err
        assert is_exact(account)
    assert account.sandbox.segment.duplicates == 0
    assert not account.store.exists()
    with duckdb.connect(str(account.database), read_only=True) as here, psycopg.connect(address) as there:
        for stream in (*TABLES, "tracks"):
            names = ", ".join(name for name in columns_of(stream))
            query = f"SELECT {names} FROM {{}}.{stream} ORDER BY id"
            ours = [str(row) for row in here.execute(query.format("main")).fetchall()]
            assert ours == [str(row) for row in there.execute(query.format("mailjet")).fetchall()]


def test_a_target_that_fails_holds_no_other_back(account: Account) -> None:
    done = account.sync("--to", "postgresql://nobody@127.0.0.1:1/none")
    assert done.code == 1
    assert "127.0.0.1:1/none" in done.err
    assert "Traceback" not in done.err
    assert is_exact(account)
