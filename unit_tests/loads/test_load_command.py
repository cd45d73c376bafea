"""`mailjet-segment load` as a process, beside a collector that holds the store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from event_store.store import Store
from lab.postgres_fixture import address
from unit_tests.event_store.posts import ACCOUNT
from unit_tests.loads.rows import add_events, open_store, rows_of_store
from unit_tests.loads.warehouses import Warehouse
from unit_tests.series import cases

__all__ = ["address"]

AGAIN = """
import sys
from pathlib import Path
from mailjet_segment.load_command import run_load
run_load(Path(sys.argv[1]), sys.argv[2:], 0.2, quiet=False, as_json=True)
"""
"""As `--every`, which counts minutes."""


@pytest.fixture
def collected(address: str) -> Iterator[Store]:
    """The store of a collector that runs."""
    store = open_store(address)
    store.claim()
    add_events(store, 0, 40)
    yield store
    store.close()


@pytest.fixture
def config(tmp_path: Path, address: str) -> Path:
    account = {"name": ACCOUNT, "api_key": "k" * 32, "api_key_secret": "s" * 32, "webhook_password": "p" * 20}
    path = tmp_path / "collector.json"
    path.write_text(json.dumps({"store": address, "accounts": [account]}), "utf-8")
    return path


@pytest.fixture
def target(tmp_path: Path) -> Warehouse:
    return Warehouse(f"duckdb:///{tmp_path / 'm.duckdb'}")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailjet_segment", "load", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_target_that_fails_holds_no_other_back_and_is_named(
    collected: Store, config: Path, target: Warehouse, tmp_path: Path
) -> None:
    bad = f"duckdb:///{tmp_path / 'nowhere' / 'm.duckdb'}"
    done = run("--config", str(config), "--to", bad, "--to", target.url, "--json")
    assert done.returncode == 1
    assert done.stderr.count(str(tmp_path / "nowhere")) >= 1
    assert target.ids() == rows_of_store(collected)
    report = json.loads(done.stdout)
    assert list(report["failed"]) == [bad]
    assert sum(report["loaded"][target.url].values()) == 40


def test_it_says_how_much_it_loaded_and_nothing_if_that_is_wished(
    collected: Store, config: Path, target: Warehouse
) -> None:
    first = run("--config", str(config), "--to", target.url)
    assert (first.returncode, first.stderr) == (0, "")
    assert f"Events loaded into {target.url}: 40 (" in first.stdout
    add_events(collected, 40, 10)
    second = run("--config", str(config), "--to", target.url, "--quiet")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert target.ids() == rows_of_store(collected)


@pytest.mark.parametrize(
    "number, code", cases([(signal.SIGTERM, 0), (signal.SIGINT, -signal.SIGINT)], always=[(signal.SIGTERM, 0)])
)
def test_again_and_again_until_a_signal(
    collected: Store, config: Path, target: Warehouse, number: signal.Signals, code: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", AGAIN, str(config), target.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        assert sum(json.loads(process.stdout.readline())["loaded"][target.url].values()) == 40
        add_events(collected, 40, 30)
        loaded = 0
        while loaded < 30:
            loaded += sum(json.loads(process.stdout.readline())["loaded"][target.url].values())
        os.kill(process.pid, number)
        process.stdout.read()
        assert process.wait(timeout=30) == code
    assert target.ids() == rows_of_store(collected)


def test_a_wrong_target_is_refused_before_anything_is_loaded(config: Path, target: Warehouse) -> None:
    done = run("--config", str(config), "--to", target.url, "--to", "mysql://me:secret-word@db/shop")
    assert done.returncode == 1
    assert "--to must be" in done.stderr
    assert "secret-word" not in done.stderr


def test_a_store_that_no_collector_made_is_not_made(config: Path, target: Warehouse, tmp_path: Path) -> None:
    if not (tmp_path / "events.db").exists():
        done = run("--config", str(config), "--to", target.url)
        assert done.returncode == 1
        assert not list(tmp_path.glob("*.duckdb"))
