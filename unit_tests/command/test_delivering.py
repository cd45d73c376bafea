"""Laws of delivery: what the destination acknowledged is never sent again, all else is sent by the next sync."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mailjet_segment.delivering import Delivery, deliver
from mailjet_segment.outbox import PAGE_ROWS, Outbox, destination_key

pytestmark = pytest.mark.pyairbyte
NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)


class Delivering:
    """A database of events, a destination's ledger, and deliveries from one to the other."""

    def __init__(self, folder: Path, executable: Path, step: Any) -> None:
        self.connection = duckdb.connect(str(folder / "events.duckdb"))
        self.ledger = folder / "ledger"
        self.ledger.touch()
        self._executable = executable
        self._step = step
        for table in ("email_delivered", "email_opened"):
            self.connection.execute(
                f"CREATE TABLE {table} (id VARCHAR, event_text VARCHAR, timestamp TIMESTAMP, received_at TIMESTAMP)"
            )

    def load(self, table: str, ids: range, received_at: str = "2026-02-01") -> None:
        """Events as a sync loads them, merged by id."""
        self.connection.execute(
            f"DELETE FROM {table} WHERE id IN (SELECT ? || '-' || range FROM range(?, ?))", [table, ids.start, ids.stop]
        )
        self.connection.execute(
            f"INSERT INTO {table} SELECT ? || '-' || range, ?, TIMESTAMP '2026-01-01' + range * INTERVAL 1 SECOND,"
            " ?::TIMESTAMP FROM range(?, ?)",
            [table, table, received_at, ids.start, ids.stop],
        )

    def deliver(self, write_key: str = "key", **options: Any) -> Delivery:
        """One delivery; `options` tell the tiny destination when to die."""
        config = {"write_key": write_key, "ledger": str(self.ledger), **options}
        outbox = Outbox(self.connection, destination_key(config))
        return deliver(self._executable, config, outbox, self._step, lambda: NOW, threading.Event())

    def sent(self) -> list[str]:
        """The ids in the ledger, in order."""
        return [json.loads(line)["id"] for line in self.ledger.read_text("utf-8").splitlines()]


@pytest.fixture
def delivering(tmp_path: Path, executable: Callable[[str], Path], heard: Any) -> Delivering:
    return Delivering(tmp_path, executable("tiny_destination"), heard.step)


def test_everything_waiting_is_sent_oldest_first_and_counted(delivering: Delivering, heard: Any) -> None:
    delivering.load("email_opened", range(2_500))
    delivering.load("email_delivered", range(3))
    done = delivering.deliver()
    assert done == Delivery(Counter(email_delivered=3, email_opened=2_500))
    assert heard.step.count == 2_503
    assert delivering.sent() == [f"email_delivered-{n}" for n in range(3)] + [f"email_opened-{n}" for n in range(2_500)]


def test_what_was_accepted_is_not_sent_again_even_when_it_is_read_again(delivering: Delivering) -> None:
    delivering.load("email_delivered", range(100))
    delivering.deliver()
    delivering.load("email_delivered", range(50, 120), received_at="2026-02-02")
    done = delivering.deliver()
    assert done.accepted == Counter(email_delivered=20)
    assert len(delivering.sent()) == len(set(delivering.sent())) == 120


def test_an_event_older_than_all_that_was_sent_is_sent(delivering: Delivering) -> None:
    delivering.load("email_delivered", range(100, 200))
    delivering.deliver()
    delivering.load("email_delivered", range(100), received_at="2026-01-01")
    assert delivering.deliver().accepted == Counter(email_delivered=100)


def test_nothing_waiting_starts_no_destination(delivering: Delivering) -> None:
    assert delivering.deliver(die_after=0) == Delivery(Counter())


def test_another_write_key_gets_all(delivering: Delivering) -> None:
    delivering.load("email_delivered", range(10))
    delivering.deliver()
    assert delivering.deliver(write_key="another").accepted == Counter(email_delivered=10)


def test_the_destinations_own_reason_is_given(delivering: Delivering) -> None:
    delivering.load("email_delivered", range(10))
    done = delivering.deliver(die_after=5, why="Segment refuses the batch: mend it.")
    assert done == Delivery(Counter(), "Segment refuses the batch: mend it.")


def test_a_destination_that_may_skip_events_has_the_last_word(delivering: Delivering, heard: Any) -> None:
    delivering.load("email_delivered", range(10))
    delivering.deliver(on_rejected="skip")
    assert heard.said == ["  Segment accepted 10 events."]


@pytest.mark.parametrize("seed", range(3))
def test_deaths_of_the_destination_lose_nothing_and_repeat_less_than_two_pages_each(
    delivering: Delivering, seed: int
) -> None:
    chance = random.Random(seed)
    delivering.load("email_delivered", range(4_000))
    delivering.load("email_opened", range(500))
    for _ in range(3):
        before = len(delivering.sent())
        done = delivering.deliver(die_after=chance.randrange(2_000))
        acknowledged = sum(done.accepted.values())
        assert done.failure
        assert 0 <= len(delivering.sent()) - before - acknowledged < 2 * PAGE_ROWS
    assert delivering.deliver().failure is None
    assert len(set(delivering.sent())) == 4_500
    assert delivering.deliver() == Delivery(Counter())
