"""`status` of each place that it can look into, while others work there; and how old is too old."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest

from event_store.store import Store
from event_store.values import Item, Post
from lab.postgres import Postgres
from lab.postgres_fixture import postgres
from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.cli import main
from mailjet_segment.loads.target import parse_target
from segment_events.instants import format_instant
from segment_events.kinds import OPENED

__all__ = ["postgres"]

Show = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Show:
    """Runs `status --json`: its exit code, and what it printed."""

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        code = main(["status", *words, "--json"])
        printed: dict[str, Any] = json.loads(capsys.readouterr().out or "{}")
        return code, printed

    return run


class Synced:
    """A small account, and `sync` upon it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.folder = sandbox, folder
        keys = {"api_key": sandbox.api_key, "api_key_secret": sandbox.api_key_secret, "api_url": sandbox.mailjet_url}
        source = {**keys, "start_date": format_instant(sandbox.start), "max_requests_per_second": 1_000}
        region = {"location": "other", "api_url": sandbox.segment_url}
        (folder / "source.json").write_text(json.dumps(source), "utf-8")
        destination = {"write_key": sandbox.write_key, "region": region}
        (folder / "destination.json").write_text(json.dumps(destination), "utf-8")

    def sync(self, *more: str) -> int:
        files = ("--source-config", str(self.folder / "source.json"))
        return main(["sync", *files, "--destination-config", str(self.folder / "destination.json"), "--quiet", *more])


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Synced]:
    monkeypatch.chdir(tmp_path)
    with Sandbox(messages=60, days=5) as sandbox:
        yield Synced(sandbox, tmp_path)


def test_the_store_of_a_sync_says_what_is_new_and_what_waits(account: Synced, show: Show) -> None:
    account.sandbox.set_segment_faults(Fault("batch", status(401), times=None))
    assert account.sync() == 1
    code, failed = show("--max-age-hours", "1")
    (shown,) = failed["accounts"]
    assert (code, failed["is_fresh"]) == (1, False)
    assert len(shown["last_sync"]["failures"]) == 1
    assert shown["last_complete_sync"] is None
    waiting = {reader["kind"]: reader["waiting"] for reader in shown["readers"]}
    assert waiting == {"segment": shown["last_sync"]["new"], "target": 0}
    account.sandbox.set_segment_faults()
    assert account.sync() == 0
    code, done = show("--max-age-hours", "1")
    (shown,) = done["accounts"]
    assert (code, done["is_fresh"]) == (0, True)
    assert {reader["waiting"] for reader in shown["readers"]} == {0}
    assert shown["events"] == len(account.sandbox.segment.message_ids)
    assert [reader["name"] for reader in shown["readers"]] == [
        f"duckdb:///{account.folder / 'mailjet.duckdb'}",
        account.sandbox.segment_url,
    ]
    assert shown["read_until"].keys() == {"messages", "opens", "clicks", "bounces", "engagements"}


def test_people_read_what_failed_and_what_waits(account: Synced, capsys: pytest.CaptureFixture[str]) -> None:
    assert account.sync() == 0
    account.sandbox.set_faults(Fault("openinformation", status(403), times=None))
    assert account.sync() == 1
    capsys.readouterr()
    assert main(["status"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    events = len(account.sandbox.segment.message_ids)
    assert [line for line in lines if re.search(r"^last sync .* ago: failed, 0 new events$", line)]
    assert [line for line in lines if "does not let this API key read 'openinformation' (403)" in line]
    assert [line for line in lines if line.startswith("last complete ")]
    assert f"events {events:,} stored" in lines
    assert f"Segment {account.sandbox.segment_url}: has everything" in lines


def test_it_looks_while_a_sync_holds_the_store_and_changes_nothing(account: Synced, show: Show) -> None:
    assert account.sync() == 0
    before = (account.folder / "mailjet.events.db").read_bytes()
    with closing(sqlite3.connect("mailjet.events.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")  # as a sync does while it stores events
        writer.execute("UPDATE account SET last_position = 0")
        code, shown = show("--duckdb", "mailjet.duckdb")
        writer.execute("ROLLBACK")
    assert (code, len(shown["accounts"])) == (0, 1)
    assert shown["accounts"][0]["events"] > 0
    assert (account.folder / "mailjet.events.db").read_bytes() == before


def test_tables_whose_store_is_gone_tell_the_age_of_their_newest_row(account: Synced, show: Show) -> None:
    assert account.sync() == 0
    (account.folder / "mailjet.events.db").unlink()
    assert show("--max-age-hours", "1")[0] == 0
    code, shown = show("--max-age-hours", "0.0000001")
    assert (code, shown["is_fresh"]) == (1, False)


@pytest.mark.parametrize("place", ["--duckdb", "--database", "--store"])
def test_a_place_where_nothing_is_is_one_sentence_and_nothing_is_made(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    value = "duckdb:///none.duckdb" if place == "--database" else "none"
    assert main(["status", place, value]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_the_store_of_a_collector_is_as_old_as_its_last_post(show: Show, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'collector.db'}"
    posted_at = datetime.now(timezone.utc) - timedelta(hours=3)
    with closing(Store(address)) as store:
        store.open_account("shop", "0123abcd", posted_at)
        assert show("--store", address, "--max-age-hours", "4")[0] == 1
        opened = Item(OPENED, "1", int(posted_at.timestamp()), b"{}")
        store.receive([Post("shop", posted_at, [opened])])
        code, shown = show("--store", address, "--max-age-hours", "4")
        assert (code, shown["accounts"][0]["waiting"], shown["accounts"][0]["age_hours"]) == (0, 1, 3.0)
        assert show("--store", address, "--max-age-hours", "2")[0] == 1


def test_it_needs_no_more_than_the_image_of_a_collector_has(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'collector.db'}"
    with closing(Store(address)) as store:
        store.open_account("shop", "0123abcd", datetime.now(timezone.utc))
    absent = "source_mailjet_segment destination_segment airbyte_cdk dlt duckdb pyarrow rich numpy mailjet_sandbox"
    program = (
        f"import sys; sys.modules.update(dict.fromkeys('{absent}'.split()))\n"
        f"from mailjet_segment.cli import main\nsys.exit(main(['status', '--store', '{address}']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Account shop (collector)" in done.stdout


def test_postgresql_is_a_store_or_tables(account: Synced, postgres: Postgres, show: Show) -> None:
    warehouse = postgres.emptied()
    assert account.sync("--to", warehouse, "--store", "events.db") == 0
    code, shown = show("--database", warehouse, "--max-age-hours", "1")
    assert (code, shown["is_fresh"], "newest_received_at" in shown) == (0, True, True)
    assert account.sync("--store", warehouse) == 0
    for place in ("--database", "--store"):
        assert [each["kind"] for each in show(place, warehouse)[1]["accounts"]] == ["sync"]
    with psycopg.connect(warehouse, autocommit=True) as server:
        server.execute("DROP SCHEMA event_store, mailjet CASCADE")
    assert show("--database", warehouse)[0] == 1


def asking_for_a_password(postgres: Postgres, user: str) -> None:
    """From now on, this user needs one; all others come in without."""
    with psycopg.connect(postgres.emptied(), autocommit=True) as server:
        server.execute(f"DROP ROLE IF EXISTS {user}".encode())
        server.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'right'".encode())
        row = server.execute("SHOW hba_file").fetchone()
        assert row
        rules, line = Path(row[0]), f"local all {user} scram-sha-256\n"
        if line not in rules.read_text():
            rules.write_text(line + rules.read_text())
        server.execute("SELECT pg_reload_conf()")


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda url: url.replace("postgres@", "guarded:hunter2secret@"), "the user or the password is wrong"),
        (lambda url: url.replace("?", "_that_is_not_there?"), "there is no such database"),
        (
            lambda url: "postgresql://mailjet:hunter2secret@127.0.0.1:1/x",
            "it cannot be reached, or closed the connection",
        ),
    ],
    ids=["wrong password", "missing database", "server gone"],
)
def test_status_says_why_a_server_cannot_be_read_in_the_words_of_all_commands(
    change: Callable[[str], str], reason: str, postgres: Postgres, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asking_for_a_password(postgres, "guarded")
    address = change(postgres.emptied())
    said = []
    for words in (["status"], ["report", "-o", str(tmp_path / "page.html")]):
        assert main([*words, "--database", address]) == 1
        said.append(capsys.readouterr().err)
    assert said == [f"mailjet-segment: {parse_target(address).name} cannot be read: {reason}.\n"] * 2
    assert "hunter2secret" not in said[0]


def test_a_store_that_nothing_was_read_into_is_not_fresh(show: Show, tmp_path: Path) -> None:
    Store(f"sqlite:///{tmp_path / 'events.db'}").close()
    code, printed = show("--store", str(tmp_path / "events.db"), "--max-age-hours", "1")
    assert (code, printed["is_fresh"], printed["accounts"]) == (1, False, [])
