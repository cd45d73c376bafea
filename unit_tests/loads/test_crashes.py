"""Laws of what a crash, a full disk, another process or a lost server may do to a load: nothing that lasts."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import psycopg
import pytest

from event_store.store import Store
from lab.postgres import Postgres, find_programs, running
from lab.proof.machine import NotTriedError, need_namespaces
from mailjet_segment.loads.loading import load
from mailjet_segment.scratch import PREFIX
from program.failure import Failure
from unit_tests.command.test_warehouse import held
from unit_tests.event_store.posts import ACCOUNT
from unit_tests.loads.rows import add_events, rows_of_store
from unit_tests.loads.warehouses import Warehouse
from unit_tests.loads.worker import PACKAGE
from unit_tests.series import cases

pytestmark = pytest.mark.servers  # dlt asks the machine by a process of its own

ROOT = Path(__file__).parents[2]
STEPS = 900
"""About as many as a load of three packages takes."""


def worker(store: str, warehouse: Warehouse, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "unit_tests.loads.worker", store, warehouse.url, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("seed", cases(range(24), always=[1]))
def test_a_kill_at_any_moment_loses_nothing_and_adds_nothing(
    store: Store, sqlite_address: str, warehouse: Warehouse, tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    add_events(store, 0, 3 * PACKAGE - 50)
    if seed % 2:  # in half of them, the tables are there, and the load merges
        assert worker(sqlite_address, warehouse).stdout == f"{3 * PACKAGE - 50}\n"
        add_events(store, 1_000, 3 * PACKAGE - 50)
    for _ in range(2):
        killed = worker(sqlite_address, warehouse, "SIGKILL", str(random.randrange(STEPS)))
        assert killed.returncode in {-signal.SIGKILL, 0}, killed.stderr
    rest = worker(sqlite_address, warehouse)
    assert rest.returncode == 0, rest.stdout
    assert warehouse.ids() == rows_of_store(store)
    assert not list(tmp_path.glob(f"{PREFIX}*"))


@pytest.mark.parametrize("name", cases(["SIGTERM", "SIGINT"], always=["SIGTERM"]))
def test_a_signal_within_a_package_ends_the_load_after_it(
    store: Store, sqlite_address: str, tmp_path: Path, name: str
) -> None:
    warehouse = Warehouse(f"duckdb:///{tmp_path / 'm.duckdb'}")
    add_events(store, 0, 3 * PACKAGE)
    stopped = worker(sqlite_address, warehouse, name, str(STEPS // 2))
    assert (stopped.returncode, stopped.stderr, stopped.stdout) == (0, "", f"{2 * PACKAGE}\n")
    assert worker(sqlite_address, warehouse).stdout == f"{PACKAGE}\n"
    assert warehouse.ids() == rows_of_store(store)


@pytest.mark.parametrize("package", cases([1, 2], always=[1]))
def test_a_server_that_is_gone_in_the_middle_costs_a_package_at_most(
    store: Store, monkeypatch: pytest.MonkeyPatch, package: int
) -> None:
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    add_events(store, 0, 40)
    with running(programs) as server:
        warehouse = Warehouse(server.database())
        heard: list[int] = []

        def count(events: int) -> None:
            heard.append(events)
            if len(heard) == package:
                server.stop("immediate")

        with pytest.raises(Failure, match=r"load into postgresql:.* failed: .*What is loaded stays"):
            load(store, [ACCOUNT], warehouse.target, threading.Event(), count, package_rows=10)
        server.start()
        assert len(heard) == package
        load(store, [ACCOUNT], warehouse.target, threading.Event(), package_rows=10)
        assert warehouse.ids() == rows_of_store(store)


def test_a_server_that_was_never_there_is_one_sentence(store: Store) -> None:
    warehouse = Warehouse("postgresql://me:secret-word@127.0.0.1:9/shop")
    with pytest.raises(Failure, match="it cannot be reached") as failure:
        load(store, [ACCOUNT], warehouse.target, threading.Event())
    assert "secret-word" not in failure.value.sentence


def test_a_database_that_is_not_there_is_one_sentence(store: Store, postgres: Postgres) -> None:
    warehouse = Warehouse(postgres.emptied().replace("?", "_that_is_not_there?"))
    with pytest.raises(Failure, match="there is no such database"):
        load(store, [ACCOUNT], warehouse.target, threading.Event())


def test_a_user_who_may_not_make_tables_is_told_so(store: Store, postgres: Postgres) -> None:
    address = postgres.emptied()
    with psycopg.connect(address, autocommit=True) as server:
        server.execute("DROP ROLE IF EXISTS reader")
        server.execute("CREATE ROLE reader LOGIN")
    warehouse = Warehouse(address.replace("postgres@", "reader@"))
    with pytest.raises(Failure, match="the user may not do this there"):
        load(store, [ACCOUNT], warehouse.target, threading.Event())


@pytest.mark.servers
@pytest.mark.long_series
def test_a_full_disk_is_said_and_the_next_load_goes_on(store: Store, sqlite_address: str, tmp_path: Path) -> None:
    try:
        need_namespaces()
    except NotTriedError as error:
        pytest.skip(str(error))
    add_events(store, 0, 3_000)
    disk = tmp_path / "disk"
    disk.mkdir()
    kept = Warehouse(f"duckdb:///{tmp_path / 'kept.duckdb'}")
    run = f"'{sys.executable}' -m unit_tests.loads.worker {sqlite_address} duckdb:///{disk}/m.duckdb"
    script = (
        f"mount -t tmpfs -o size=700k tmpfs {disk}; {run}; echo $?; mount -o remount,size=64m {disk}; {run} > /dev/null"
        f"; echo $?; cp {disk}/m.duckdb {tmp_path}/kept.duckdb"
    )
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    sentence, *codes = done.stdout.splitlines()
    assert (sentence, codes) == ("The disk is full; make room and run this again, nothing is lost.", ["1", "0"])
    assert kept.ids() == rows_of_store(store)


def test_a_reader_of_the_duckdb_file_is_waited_for(store: Store, tmp_path: Path) -> None:
    warehouse = Warehouse(f"duckdb:///{tmp_path / 'm.duckdb'}")
    add_events(store, 0, 10)
    said: list[str] = []
    with held(tmp_path / "m.duckdb", 1):
        load(store, [ACCOUNT], warehouse.target, threading.Event(), say=said.append)
    assert len(said) == 1
    assert warehouse.ids() == rows_of_store(store)


def test_two_loads_of_a_store_into_one_target_do_not_meet(store: Store, sqlite_address: str, tmp_path: Path) -> None:
    warehouse = Warehouse(f"duckdb:///{tmp_path / 'm.duckdb'}")
    add_events(store, 0, 40)
    refused: list[str] = []

    def count(events: int) -> None:
        other = worker(sqlite_address, warehouse)
        assert other.returncode == 1
        refused.append(other.stdout)

    load(store, [ACCOUNT], warehouse.target, threading.Event(), count)
    assert [sentence.startswith("Another run loads into ") for sentence in refused] == [True]
    assert warehouse.ids() == rows_of_store(store)


def test_a_wish_to_stop_ends_a_load_after_the_package(store: Store, warehouse: Warehouse) -> None:
    add_events(store, 0, 40)
    stop = threading.Event()
    loaded = load(store, [ACCOUNT], warehouse.target, stop, lambda events: stop.set(), package_rows=10)
    assert loaded.rows.total() == 10
    load(store, [ACCOUNT], warehouse.target, threading.Event())
    assert warehouse.ids() == rows_of_store(store)
