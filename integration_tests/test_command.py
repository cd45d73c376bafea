"""The command as a user runs it: a process, configuration files, a DuckDB file, an exit code, words on a terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

from mailjet_sandbox.faults import Fault, delay, status
from mailjet_sandbox.request_log import Asked
from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.cli import main
from segment_events.instants import format_instant

pytestmark = pytest.mark.pyairbyte
COMMAND = Path(sys.executable).parent / "mailjet-segment"
TABLES = (
    "email_delivered",
    "email_opened",
    "email_link_clicked",
    "email_unsubscribed",
    "email_bounced",
    "email_marked_as_spam",
)


@dataclass(frozen=True)
class Done:
    """How the command ended."""

    code: int
    out: str
    err: str


class Account:
    """A sandbox, the files that lead to it, and a folder in which the command runs."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.database = folder / "mailjet.duckdb"
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        self.first_requests: list[Asked] = []
        self.write_source()
        region = {"location": "other", "api_url": sandbox.segment_url}
        self._write("destination.json", {"write_key": sandbox.write_key, "region": region})

    def write_source(self, **fields: Any) -> None:
        """The source's configuration, with these fields in it."""
        config = {
            "api_key": self.sandbox.api_key,
            "api_key_secret": self.sandbox.api_key_secret,
            "api_url": self.sandbox.mailjet_url,
            "start_date": format_instant(self.sandbox.start),
            "max_requests_per_second": 1000,
        }
        self._write("source.json", {**config, **fields})

    def start(self) -> subprocess.Popen[str]:
        """The command `sync` as a process, in a group of its own."""
        return subprocess.Popen(
            [COMMAND, *self._sync_arguments()],
            env={**os.environ, "TMPDIR": str(self.scratch)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def sync(self, with_destination: bool = True) -> Done:
        """The same command in this process, which spares it the five seconds that PyAirbyte takes to be imported."""
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(self._sync_arguments(with_destination))
        return Done(code, out.getvalue(), err.getvalue())

    def _sync_arguments(self, with_destination: bool = True) -> list[str]:
        destination = ["--destination-config", str(self.folder / "destination.json")] if with_destination else []
        files = ["--source-config", str(self.folder / "source.json"), "--duckdb", str(self.database)]
        return ["sync", *files, *destination]

    def secrets(self) -> tuple[str, ...]:
        """What must not be shown or kept."""
        return self.sandbox.api_key, self.sandbox.api_key_secret, self.sandbox.write_key

    def happened(self) -> set[str]:
        """Ids of what happened and REST can tell."""
        return {one.id for one in self.sandbox.truth(since=self.sandbox.start) if not one.beyond_rest}

    def at_segment(self) -> list[str]:
        """Ids of what the Segment stand-in accepted, without the digest of the write key."""
        return [message_id.rsplit("-", 1)[0] for message_id in self.sandbox.segment.message_ids]

    def in_duckdb(self, tables: tuple[str, ...] = TABLES) -> list[str]:
        """Ids of all rows of these tables."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return [id_ for table in tables for (id_,) in connection.execute(f"SELECT id FROM {table}").fetchall()]

    def _write(self, name: str, config: dict[str, Any]) -> None:
        (self.folder / name).write_text(json.dumps(config), encoding="utf-8")


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


def one_sentence(done: Done) -> str:
    """What a failed command says; it is one line, and no stack trace."""
    assert done.code == 1, done.out + done.err
    assert "Traceback" not in done.out + done.err
    (line,) = done.err.splitlines()
    return line


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
    assert synced.sandbox.segment.requests == requests_before + 1, "the destination's check, an empty batch"
    synced.sandbox.now += timedelta(days=2)
    assert synced.sync().code == 0
    assert synced.happened() - known
    assert sorted(synced.at_segment()) == sorted(synced.in_duckdb()) == sorted(known | synced.happened())
    assert synced.sandbox.segment.duplicates == 0


def test_what_was_loaded_before_there_was_a_destination_is_delivered_to_it(account: Account) -> None:
    assert account.sync(with_destination=False).code == 0
    assert not account.at_segment()
    assert account.sync().code == 0
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


def wait_until(moment: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for a moment that comes while the process runs."""
    until = time.monotonic() + 60
    while not moment() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    assert process.poll() is None, "it ended before the moment came"


def kill_when(moment: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Kill the command and both connectors as soon as `moment` has come, as a power cut would."""
    wait_until(moment, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


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


def test_ctrl_c_keeps_what_was_read_and_removes_the_private_scratch(account: Account) -> None:
    process = account.start()
    wait_until(lambda: account.sandbox.request_count >= 30, process)
    (scratch,) = account.scratch.iterdir()
    assert scratch.stat().st_mode & 0o777 == 0o700
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, out + err
    assert "Stopped" in err
    assert "Traceback" not in err
    assert not [secret for secret in account.secrets() if secret in out + err]
    assert not list(account.scratch.iterdir())
    assert account.sync().code == 0
    assert sorted(account.at_segment()) == sorted(account.happened())


def test_sigterm_removes_the_private_scratch_too(account: Account) -> None:
    account.sandbox.set_faults(Fault("", delay(60), nth=3, times=None))
    process = account.start()
    wait_until(lambda: account.sandbox.request_count >= 3, process)
    assert [folder.stat().st_mode & 0o777 for folder in account.scratch.iterdir()] == [0o700]
    os.killpg(process.pid, signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, out + err
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


def test_a_database_in_use_is_one_sentence_before_anything_is_asked(account: Account) -> None:
    hold = f"import duckdb; held = duckdb.connect({str(account.database)!r}); print(flush=True); input()"
    holder = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout
    holder.stdout.readline()
    assert "is in use by another program" in one_sentence(account.sync())
    holder.communicate(b"\n", timeout=20)
    assert account.sandbox.request_count == 0


def test_the_demo_shows_that_what_happened_arrived_and_leaves_its_database(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "mailjet-demo.duckdb").write_bytes(b"of the last demo")
    done = subprocess.run([COMMAND, "demo"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 are missing, 0 are made up" in done.stdout
    assert "Email Link Clicked" in done.stdout
    with duckdb.connect(str(tmp_path / "demo" / "mailjet-demo.duckdb"), read_only=True) as connection:
        [(events,)] = connection.execute("SELECT count(*) FROM tracks").fetchall()
    assert events > 2_000


@pytest.mark.parametrize("more", [[], ["--newsletter"]], ids=["usual", "newsletter"])
def test_the_sandbox_serves_what_it_prints_until_it_is_stopped(more: list[str]) -> None:
    process = subprocess.Popen(
        [COMMAND, "sandbox", "--messages", "50", "--days", "3", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    lines = list(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
    source, destination = ("{" + text.partition("\n}")[0] + "}" for text in "".join(lines).split("\n{")[1:])
    mailjet, segment = json.loads(source), json.loads(destination)
    answer = requests.get(
        f"{mailjet['api_url']}/v3/REST/message", auth=(mailjet["api_key"], mailjet["api_key_secret"]), timeout=5
    )
    assert answer.json()["Count"] == 10
    batch = f"{segment['region']['api_url']}/v1/batch"
    assert requests.post(batch, auth=(segment["write_key"], ""), json={"batch": []}, timeout=5).status_code == 200
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert "Stopped after 1 requests" in out
