"""`doctor` finds each ailment of its table, alone, where it is made to be; and none where all is well."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from event_store.store import Store
from event_store.values import Post, Refused
from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.troubles import TROUBLES, prepare
from mailjet_segment.cli import main
from mailjet_segment.doctor.ailments import AILMENTS
from mailjet_segment.last_sync import NOTE
from segment_events.instants import format_instant
from unit_tests.imports import ROOT

PUBLIC_URL = "http://127.0.0.1:8080"


@dataclass
class Setup:
    """A sandbox, and a folder with configurations, a store and a database of it."""

    sandbox: Sandbox
    folder: Path
    until_the_end: ExitStack = field(default_factory=ExitStack)

    def write(self, name: str, config: Mapping[str, Any], mode: int = 0o600) -> None:
        (self.folder / name).write_text(json.dumps(config), "utf-8")
        (self.folder / name).chmod(mode)

    def configure(self, **fields: Any) -> None:
        self.write("source.json", {**self._keys(), "start_date": format_instant(self.sandbox.start), **fields})
        region = {"location": "other", "api_url": self.sandbox.segment_url}
        self.write("destination.json", {"write_key": self.sandbox.write_key, "region": region})

    def configure_collector(self) -> None:
        account = {"name": "shop", **self._keys(), "webhook_password": "p" * 20}
        store = f"sqlite:///{self.folder / 'collector.db'}"
        self.write("collector.json", {"store": store, "accounts": [account], "public_url": PUBLIC_URL})
        self.collected().close()

    def collected(self) -> Store:
        """The collector's store, with its account."""
        store = Store(f"sqlite:///{self.folder / 'collector.db'}")
        store.open_account("shop", self.digest, datetime.now(timezone.utc))
        return store

    @property
    def digest(self) -> str:
        from program.credential import key_digest

        return key_digest(self.sandbox.api_key)

    def sync(self, *more: str) -> int:
        return main(["sync", *self.files(), "--duckdb", str(self.folder / "m.duckdb"), "--quiet", *more])

    def files(self) -> list[str]:
        source, destination = self.folder / "source.json", self.folder / "destination.json"
        return ["--source-config", str(source), "--destination-config", str(destination)]

    def note(self, name: str, change: Callable[[dict[str, Any]], object]) -> None:
        """Changes a note of the sync's store."""
        with closing(sqlite3.connect(self.folder / "m.events.db")) as connection, connection:
            (text,) = connection.execute("SELECT value FROM note WHERE name = ?", [name]).fetchone()
            note = json.loads(text)
            change(note)
            connection.execute("UPDATE note SET value = ? WHERE name = ?", [json.dumps(note), name])

    def in_store(self, statement: str) -> None:
        with closing(sqlite3.connect(self.folder / "m.events.db")) as connection, connection:
            connection.execute(statement)

    def _keys(self) -> dict[str, Any]:
        keys = {"api_key": self.sandbox.api_key, "api_key_secret": self.sandbox.api_key_secret}
        return {**keys, "api_url": self.sandbox.mailjet_url, "max_requests_per_second": 1_000}


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    with Sandbox(messages=80, days=5, now="real") as sandbox:
        setup = Setup(sandbox, tmp_path_factory.mktemp("healthy"))
        setup.configure()
        assert setup.sync() == 0
        yield setup


@pytest.fixture
def setup(healthy: Setup, tmp_path: Path) -> Iterator[Setup]:
    """A copy that a test may spoil."""
    shutil.copytree(healthy.folder, tmp_path / "copy")
    with ExitStack() as stack:
        yield Setup(healthy.sandbox, tmp_path / "copy", stack)
    healthy.sandbox.set_faults()
    for row in healthy.sandbox.callback_urls.all():
        healthy.sandbox.callback_urls.remove(row.id)


@pytest.fixture
def examine(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Runs doctor; the exit code must agree with what it found."""

    def run(*words: str) -> dict[str, Any]:
        capsys.readouterr()
        code = main(["doctor", *words, "--json"])
        report: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert code == any(finding["level"] == "mend" for finding in report["findings"])
        return report

    return run


def ids(report: Mapping[str, Any]) -> list[str]:
    return [finding["id"] for finding in report["findings"]]


def test_nothing_is_found_where_all_is_well_and_few_requests_are_made(
    setup: Setup, examine: Callable[..., dict[str, Any]]
) -> None:
    setup.sandbox.reset_requests()
    report = examine(*setup.files(), "--duckdb", str(setup.folder / "m.duckdb"))
    assert ids(report) == []
    assert len(report["fine"]) == 4
    assert report["requests"] == {"Mailjet": setup.sandbox.request_count, "Segment": 1}
    assert setup.sandbox.request_count == 11


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_the_sandbox_can_have_wrong_is_found(
    trouble: str, tmp_path: Path, examine: Callable[..., dict[str, Any]]
) -> None:
    with Sandbox(messages=300, days=5, now="real", **TROUBLES[trouble]) as sandbox:
        prepare(trouble, sandbox)
        setup = Setup(sandbox, tmp_path)
        setup.configure()
        words = setup.files()
        if trouble.startswith("webhooks"):
            setup.configure_collector()
            words = ["--config", str(tmp_path / "collector.json")]
        found = set(ids(examine(*words)))
    together = {"opens-not-tracked", "clicks-not-tracked"}
    beside = {"store-missing", "sync-old", *(together if trouble in together else ())}
    assert trouble in found
    assert found - beside <= {trouble}


def refused_keys(setup: Setup) -> list[str]:
    """The keys are of the first sandbox, the address is of a second, which refuses them."""
    other = setup.until_the_end.enter_context(Sandbox(messages=10, **TROUBLES["mailjet-keys"]))
    setup.configure(api_url=other.mailjet_url)
    return [*setup.files(), "--api-url", setup.sandbox.mailjet_url]


def config_wrong(setup: Setup) -> list[str]:
    setup.configure(start_date="yesterday")
    return setup.files()


def config_open(setup: Setup) -> list[str]:
    (setup.folder / "source.json").chmod(0o644)
    return setup.files()


def start_date(setup: Setup) -> list[str]:
    setup.configure(start_date=format_instant(datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=2)))
    return setup.files()


def webhooks_none(setup: Setup) -> list[str]:
    setup.configure_collector()
    return ["--config", str(setup.folder / "collector.json")]


def webhooks_suspended(setup: Setup) -> list[str]:
    setup.configure_collector()
    config = str(setup.folder / "collector.json")
    assert main(["webhooks", "register", "--config", config]) == 0
    setup.sandbox.callback_urls.suspend(setup.sandbox.callback_urls.all()[0].url)
    return ["--config", config]


def rejected_items(setup: Setup) -> list[str]:
    setup.configure_collector()
    with closing(setup.collected()) as store:
        store.receive([Post("shop", datetime.now(timezone.utc), [], [Refused("no event", b"?")])])
    return ["--config", str(setup.folder / "collector.json")]


def segment_new(setup: Setup) -> list[str]:
    region = {"location": "other", "api_url": setup.sandbox.segment_url}
    setup.write("destination.json", {"write_key": "another-key-of-segment", "region": region})
    return setup.files()


def segment_waiting(setup: Setup) -> list[str]:
    setup.in_store("UPDATE consumer SET position = position - 7 WHERE name LIKE 'segment:%'")
    return setup.files()


def events_left_out(setup: Setup) -> list[str]:
    setup.in_store("UPDATE consumer SET passed_over = 3 WHERE name LIKE 'segment:%'")
    return setup.files()


def target_behind(setup: Setup) -> list[str]:
    setup.in_store("UPDATE consumer SET position = 0 WHERE name LIKE 'load:%'")
    return setup.files()


def store_missing(setup: Setup) -> list[str]:
    (setup.folder / "m.events.db").unlink()
    return setup.files()


def store_broken(setup: Setup) -> list[str]:
    (setup.folder / "m.events.db").write_bytes(b"no database at all" * 1_000)
    return setup.files()


def store_later(setup: Setup) -> list[str]:
    setup.in_store("UPDATE event_store_version SET version_num = '9999'")
    return setup.files()


def store_other_key(setup: Setup) -> list[str]:
    setup.in_store("UPDATE account SET name = 'account-00000000'")
    return setup.files()


def state_unreadable(setup: Setup) -> list[str]:
    setup.note("reading", lambda note: note.update(version=99))
    return setup.files()


def state_held_back(setup: Setup) -> list[str]:
    """Three hours of opens were never read to their end."""

    def uncover(note: dict[str, Any]) -> None:
        opens = note["feeds"]["opens"]
        until = datetime.fromisoformat(opens["covered"][-1][1])
        opens["covered"][-1][1] = opens["read_until"] = format_instant(until - timedelta(hours=3))

    setup.note("reading", uncover)
    return setup.files()


def sync_failed(setup: Setup) -> list[str]:
    setup.sandbox.set_faults(Fault("openinformation", status(403), times=None))
    assert setup.sync() == 1
    setup.sandbox.set_faults()
    return setup.files()


def sync_old(setup: Setup) -> list[str]:
    setup.note(NOTE, lambda note: note.update(complete_at="2026-01-01T00:00:00Z"))
    return setup.files()


def duckdb_later(setup: Setup) -> list[str]:
    """A file with the number of a format that is not made yet, and the checksum that DuckDB wants."""
    path = setup.folder / "m.duckdb"
    content = bytearray(path.read_bytes())
    content[12:20] = struct.pack("<Q", 5_000)
    path.write_bytes(content)
    with pytest.raises(duckdb.Error) as refused:
        duckdb.connect(str(path), read_only=True)
    computed = re.search(r"computed checksum (\d+)", str(refused.value))
    assert computed
    content[:8] = struct.pack("<Q", int(computed[1]))
    path.write_bytes(content)
    return setup.files()


def duckdb_foreign(setup: Setup) -> list[str]:
    with duckdb.connect(str(setup.folder / "m.duckdb")) as connection:
        connection.execute("COMMENT ON TABLE email_opened IS 'ours'")
    return setup.files()


def duckdb_broken(setup: Setup) -> list[str]:
    (setup.folder / "m.duckdb").write_text("a,b\n1,2\n", "utf-8")
    return setup.files()


def duckdb_busy(setup: Setup) -> list[str]:
    """Another process has it open to write."""
    program = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, str(setup.folder / "m.duckdb")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    setup.until_the_end.enter_context(process)  # waits for it
    setup.until_the_end.callback(process.kill)
    assert process.stdout
    assert process.stdout.readline() == "open\n"
    return setup.files()


MADE_HERE: Mapping[str, Callable[[Setup], list[str]]] = {
    "mailjet-host": refused_keys,
    "config-wrong": config_wrong,
    "config-open": config_open,
    "start-date": start_date,
    "webhooks-none": webhooks_none,
    "webhooks-suspended": webhooks_suspended,
    "rejected-items": rejected_items,
    "segment-new": segment_new,
    "segment-waiting": segment_waiting,
    "events-left-out": events_left_out,
    "target-behind": target_behind,
    "store-missing": store_missing,
    "store-broken": store_broken,
    "store-later": store_later,
    "store-other-key": store_other_key,
    "state-unreadable": state_unreadable,
    "state-held-back": state_held_back,
    "sync-failed": sync_failed,
    "sync-old": sync_old,
    "duckdb-later": duckdb_later,
    "duckdb-busy": duckdb_busy,
    "duckdb-foreign": duckdb_foreign,
    "duckdb-broken": duckdb_broken,
}
BESIDE: Mapping[str, set[str]] = {
    "rejected-items": {"webhooks-none", "sync-old"},
    "webhooks-none": {"sync-old"},
    "webhooks-suspended": {"sync-old"},
}
"""What else is then true: a collector has not run, or nothing is registered."""


@pytest.mark.parametrize("ailment", MADE_HERE)
def test_what_files_and_stores_can_have_wrong_is_found(
    ailment: str, setup: Setup, examine: Callable[..., dict[str, Any]]
) -> None:
    words = MADE_HERE[ailment](setup)
    found = ids(examine(*words, "--duckdb", str(setup.folder / "m.duckdb")))
    assert ailment in found
    assert set(found) - {ailment} <= BESIDE.get(ailment, set())


def test_a_collectors_accounts_are_examined_each_by_itself(
    setup: Setup, examine: Callable[..., dict[str, Any]]
) -> None:
    setup.configure_collector()
    config = json.loads((setup.folder / "collector.json").read_text("utf-8"))
    [shop] = config["accounts"]
    wrong = {**shop, "name": "wrong", "api_key": "e" * 32, "api_key_secret": "f" * 32}
    setup.write("collector.json", {**config, "accounts": [wrong, shop]})
    found = examine("--config", str(setup.folder / "collector.json"))["findings"]
    assert [row["sentence"][:13] for row in found if row["id"] == "webhooks-none"] == ["Account shop:"]
    assert "mailjet-keys" in {row["id"] for row in found}


def test_people_get_what_is_urgent_last_and_the_number_of_it(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    sync_old(setup)
    (setup.folder / "source.json").chmod(0o644)
    capsys.readouterr()
    assert main(["doctor", *setup.files(), "--duckdb", str(setup.folder / "m.duckdb")]) == 1
    shown = capsys.readouterr()
    words = [line.split()[0] for line in shown.out.splitlines() if not line.startswith(" ")]
    assert words == ["Requests", "Requests", "fine", "fine", "fine", "look", "mend"]
    assert f"{AILMENTS['sync-old'].remedy} (docs/doctor.md#sync-old)" in shown.out
    assert shown.err == "mailjet-segment: 1 thing must be mended.\n"


def test_each_ailment_is_provoked() -> None:
    assert sorted({*TROUBLES, *MADE_HERE}) == sorted(AILMENTS)


def test_each_ailment_has_its_place_in_the_documentation() -> None:
    text = (ROOT / "docs" / "doctor.md").read_text("utf-8")
    assert re.findall("^### (.+)$", text, re.MULTILINE) == list(AILMENTS)
    for ailment in AILMENTS.values():
        assert ailment.remedy in " ".join(text.split())
