"""What was answered 200 is on disk, also if the power goes at that moment."""

from __future__ import annotations

import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from lab.collect_command import collect
from lab.postgres import Postgres
from lab.postgres_fixture import postgres as postgres
from lab.proof.power_cut import STRACE, Answered, Disk, Synced, Write, command, parse_log
from unit_tests.mailjet_collector.process import wait_until_ready, write_config
from unit_tests.mailjet_collector.running import NAME, PASSWORD, Running, ask, basic, configuration

POSTS = 60
NO_STRACE = "strace is not installed: apt-get install strace"

MAY_NOT_TRACE = "this machine does not let strace trace a process"

if STRACE is None and not os.environ.get("CI"):
    pytest.skip(NO_STRACE, allow_module_level=True)
if STRACE and subprocess.run([STRACE, "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
    pytest.skip(MAY_NOT_TRACE, allow_module_level=True)


@contextmanager
def traced_collector(folder: Path, address: str, log: Path, *options: str) -> Iterator[Running]:
    """A collector under `strace`, ended by SIGTERM."""
    config = write_config(folder, configuration(address))
    words = collect(config)
    traced = [*command(log, words)[:1], *options, *command(log, words)[1:]]
    process = subprocess.Popen(traced, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        yield wait_until_ready(process, address)
    finally:
        subprocess.run(["pkill", "-TERM", "-P", str(process.pid)], check=False)
        process.wait(60)
        assert process.stderr
        process.stderr.close()


def post_one_by_one(collector: Running) -> None:
    for number in range(POSTS):
        body = b'{"event": "open", "time": 1433103519, "email": "api@mailjet.com", "MessageID": %d}' % (number + 1)
        assert ask(collector.port, "POST", f"/mailjet/{NAME}", body, basic(NAME, PASSWORD)).status == 200


def stored(database: bytes, log: bytes, folder: Path) -> set[int]:
    """The messages whose events are in a database that was found like this."""
    for name, content in (("events.db", database), ("events.db-wal", log)):
        (folder / name).write_bytes(content)
    (folder / "events.db-shm").unlink(missing_ok=True)
    with sqlite3.connect(folder / "events.db") as connection:
        found = {int(email_id) for (email_id,) in connection.execute("SELECT email_id FROM event")}
    connection.close()
    return found


def test_sqlite_has_every_event_that_was_answered_after_a_power_cut(tmp_path: Path) -> None:
    assert STRACE, NO_STRACE
    log, after = tmp_path / "strace.log", tmp_path / "after"
    after.mkdir()
    address = f"sqlite:///{tmp_path}/events.db"
    with traced_collector(tmp_path, address, log) as collector:
        post_one_by_one(collector)
    disk, answered, chance = Disk(), 0, random.Random(1)
    for step in parse_log(log.read_text("ascii")):
        disk.take(step)
        if isinstance(step, Answered):
            answered += 1
            for luck in (None, chance, chance):
                files = disk.after_a_cut("/events.db", luck), disk.after_a_cut("/events.db-wal", luck)
                assert stored(*files, after) >= set(range(1, answered + 1))
    assert answered == POSTS


def seconds(log: str, what: str) -> list[float]:
    """When the lines of a log with times (`strace -ttt`) match."""
    return [float(line.split()[1]) for line in log.splitlines() if re.search(what, line)]


def syncs_of(address: str, log: Path) -> Sequence[str | Path]:
    """`strace` of a running PostgreSQL server and the processes that it starts: its syncs, with times."""
    with psycopg.connect(address) as connection:
        backend = connection.info.backend_pid
        server = Path(f"/proc/{backend}/stat").read_text("ascii").rpartition(")")[2].split()[1]
    traced = "trace=fdatasync,fsync,clone,clone3"
    return [STRACE or "strace", "-f", "-qq", "-ttt", "-y", "-e", traced, "-e", "signal=none", "-o", log, "-p", server]


def test_postgresql_syncs_its_log_before_each_answer(postgres: Postgres, tmp_path: Path) -> None:
    assert STRACE, NO_STRACE
    address, log, syncs = postgres.database(), tmp_path / "strace.log", tmp_path / "syncs.log"
    server = subprocess.Popen(syncs_of(address, syncs))
    try:
        while "clone" not in (syncs.read_text("ascii") if syncs.exists() else ""):
            if server.poll() is not None:
                pytest.skip(f"{MAY_NOT_TRACE} that runs already")
            psycopg.connect(address).close()  # the server starts a process for it, which shows that it is traced
            time.sleep(0.1)
        with traced_collector(tmp_path, address, log, "-ttt") as collector:
            post_one_by_one(collector)
    finally:
        server.terminate()
        server.wait(20)
    answered = seconds(log.read_text("ascii"), re.escape("".join(f"\\x{byte:02x}" for byte in b"HTTP/1.1 200")))
    synced = seconds(syncs.read_text("ascii"), r"f(data)?sync(\(\d+<[^>]*pg_wal| resumed)")
    assert len(answered) == POSTS
    for before, after in pairwise(answered):
        assert bisect_left(synced, after) > bisect_left(synced, before)


def test_a_database_that_does_not_sync_would_be_found_out(tmp_path: Path) -> None:
    """The same check on a program that answers before it syncs."""
    program = tmp_path / "careless.py"
    program.write_text(
        "import os, socket\n"
        f"file = os.open({str(tmp_path / 'events')!r}, os.O_CREAT | os.O_RDWR)\n"
        "os.pwrite(file, b'one', 0); os.fsync(file)\n"
        "ours, theirs = socket.socketpair()\n"
        "os.pwrite(file, b'two', 3)\n"
        "ours.send(b'HTTP/1.1 200 OK')\n"
        "os.fsync(file)\n",
        "utf-8",
    )
    assert STRACE, NO_STRACE
    log = tmp_path / "strace.log"
    subprocess.run(command(log, [sys.executable, program]), check=True)
    disk, found = Disk(), []
    for step in parse_log(log.read_text("ascii")):
        disk.take(step)
        if isinstance(step, Answered):
            found.append(disk.after_a_cut("/events"))
    assert found == [b"one"]


def test_files_after_a_cut() -> None:
    disk = Disk()
    for step in (Write("/f", 0, b"abc"), Synced("/f"), Write("/f", 5, b"x"), Write("/f", 0, b"", 1)):
        disk.take(step)
    assert disk.after_a_cut("/f") == b"abc"
    possible = {disk.after_a_cut("/f", random.Random(seed)) for seed in range(50)}
    assert possible == {b"abc", b"abc\0\0x", b"a"}
    disk.take(Synced("/f"))
    assert disk.after_a_cut("/f") == b"a"
