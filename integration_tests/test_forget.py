"""`forget --store`: a person out of the store of syncs, by processes, as people run them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import duckdb
import pytest

from event_store.store import Store
from integration_tests.command_account import COMMAND
from lab.postgres_fixture import address as address
from lab.postgres_fixture import postgres as postgres
from lab.postgres_fixture import sqlite_address as sqlite_address
from mailjet_sandbox.faults import Fault, calling
from mailjet_sandbox.sandbox import Keys, Sandbox
from mailjet_segment.cli import main
from mailjet_segment.sandbox_command import source_config

Done = subprocess.CompletedProcess[str]


def run(*command: str | Path, folder: Path) -> Done:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


class Shop:
    """Two Mailjet accounts that write to the same people, a store, and the commands upon it."""

    def __init__(self, sandboxes: tuple[Sandbox, Sandbox], store: str, folder: Path) -> None:
        self.sandboxes, self.store, self.folder = sandboxes, store, folder
        for number, sandbox in enumerate(sandboxes):
            config = {**source_config(sandbox), "max_requests_per_second": 1000}
            (folder / f"source-{number}.json").write_text(json.dumps(config), "utf-8")
        events = [event for event in sandboxes[0].truth() if event.address and not event.beyond_rest]
        self.happened = Counter(event.address or "" for event in events)
        """How many events of each address REST can tell of, in each account."""
        self.person, self.other = [found for found, _ in self.happened.most_common(2)]

    def sync(self, database: str) -> None:
        """In this process, which spares the imports."""
        sources = [
            word for file in sorted(self.folder.glob("source-*.json")) for word in ("--source-config", str(file))
        ]
        assert main(["sync", *sources, "--store", self.store, "--duckdb", str(self.folder / database), "--quiet"]) == 0

    def forget(self, email: str) -> Done:
        return run(COMMAND, "forget", "--store", self.store, "--email", email, folder=self.folder)

    def stored(self) -> list[Counter[str]]:
        """How many events of each address the store has, of each account."""
        with closing(Store(self.store)) as store:
            accounts = [store.read(account, None, 100_000).rows for account in store.account_names()]
        return [Counter(email for row in rows if (email := row.row.get("context_traits_email"))) for rows in accounts]

    def loaded(self, database: str) -> Counter[str]:
        """The same of a DuckDB file, in which events of both accounts are one, for they have the same ids."""
        query = "SELECT context_traits_email FROM tracks WHERE context_traits_email IS NOT NULL"
        with duckdb.connect(str(self.folder / database), read_only=True) as connection:
            return Counter(email for (email,) in connection.execute(query).fetchall())


@pytest.fixture
def shop(address: str, tmp_path: Path) -> Iterator[Shop]:
    keys = Keys("b" * 32, "c" * 32, "another-write-key")
    make = partial(Sandbox, messages=80, days=5, hard_cases=False)
    with make() as first, make(keys=keys) as second:
        yield Shop((first, second), address, tmp_path)


def without(counted: Counter[str], *people: str) -> Counter[str]:
    return Counter({person: count for person, count in counted.items() if person not in people})


def test_a_person_leaves_all_accounts_of_a_store_and_no_sync_brings_them_back(shop: Shop) -> None:
    shop.sync("first.duckdb")
    assert shop.stored() == [shop.happened] * 2
    done = shop.forget(shop.person.upper())
    assert (done.returncode, done.stderr) == (0, "")
    *_, said, elsewhere = done.stdout.splitlines()
    assert said.startswith(f"Deleted: {2 * shop.happened[shop.person]} events, 0 rejected items, 0 copies ")
    assert elsewhere.startswith("Tables that were loaded before (DuckDB, PostgreSQL) keep their rows: ")
    shop.sync("second.duckdb")
    others = without(shop.happened, shop.person)
    assert shop.stored() == [others] * 2
    assert (shop.loaded("first.duckdb"), shop.loaded("second.duckdb")) == (shop.happened, others)
    for file in shop.folder.glob("events.db*"):
        assert shop.person.encode() not in file.read_bytes(), file.name


def test_a_sync_that_runs_meanwhile_stores_nobody_who_was_forgotten(shop: Shop) -> None:
    done: list[Done] = []

    def forget_both() -> None:
        done.extend(shop.forget(person) for person in (shop.person, shop.other))

    # The first request of each resource only tries the keys.
    shop.sandboxes[1].set_faults(Fault("clickstatistics", calling(forget_both), nth=2))
    shop.sync("mailjet.duckdb")
    assert [each.returncode for each in done] == [0, 0]
    deleted = sum(
        int(number) for each in done for number in re.findall(r"^Deleted: (\d+) events", each.stdout, re.MULTILINE)
    )
    everything = 2 * (shop.happened[shop.person] + shop.happened[shop.other])
    assert 0 < deleted < everything, "nothing was there yet, or nothing was still to come"
    assert shop.stored() == [without(shop.happened, shop.person, shop.other)] * 2
    assert shop.loaded("mailjet.duckdb") == without(shop.happened, shop.person, shop.other)


@pytest.mark.parametrize(
    "words",
    [
        ["forget", "--store", "no-such.db", "--email", "anna@example.com"],
        ["load", "--config", "no-such.json", "--to", "duckdb:///a.duckdb"],
    ],
)
def test_syncs_and_loads_need_nothing_that_a_collector_serves_with(words: list[str], tmp_path: Path) -> None:
    absent = ("httptools", "prometheus_client", "starlette", "uvicorn", "uvloop")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({absent})); from mailjet_segment.cli import main; exit(main())"
    )
    done = run(sys.executable, "-c", code, *words, folder=tmp_path)
    assert (done.returncode, "no-such" in done.stderr, "package" in done.stderr) == (1, True, False), done.stderr


@pytest.mark.parametrize(
    "words, code, sentence",
    [
        ([], 2, "give either --config of a collector or --store of syncs"),
        (["--config", "collector.json", "--store", "events.db"], 2, "give either --config of a collector or --store"),
        (["--store", "no-such.db"], 1, "There is no store no-such.db."),
        (["--store", "mysql://me@db/shop"], 1, "The store must be sqlite:///a-file.db or postgresql://"),
    ],
)
def test_a_place_that_is_none_is_one_sentence(words: list[str], code: int, sentence: str, tmp_path: Path) -> None:
    done = run(COMMAND, "forget", *words, "--email", "anna@example.com", folder=tmp_path)
    assert done.returncode == code
    assert sentence in done.stderr.splitlines()[-1]
    assert not done.stdout
    assert not [*tmp_path.iterdir()]
