"""Collectors, their leader and PostgreSQL are killed at random moments while posts come: nothing is lost or doubled.

`python -m lab.proof.collector_kills --kills 20` kills each of them so often. Posts are sent again until they are
answered 200, as Mailjet does. In the end, each event of each answered post must be at Segment once by its message id,
and once for a reader; a reader that went on reading through all of it must have the same rows in the same order.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from lab.collect_command import READY, collect
from lab.postgres import Postgres, find_programs, running
from mailjet_sandbox.sandbox import Sandbox

Store = Literal["sqlite", "postgresql"]
STORES: tuple[Store, ...] = get_args(Store)
ACCOUNT, PASSWORD = "main", "a-password-of-a-test"
ITEMS_A_POST = 20
POSTERS = 4
DONE_WITHIN_S = 120


class Lost(Exception):
    """Something was lost, doubled or out of order; the text says what."""


class Victim(Protocol):
    """What is killed and comes back."""

    def kill(self) -> None: ...
    def come_back(self) -> None: ...


class CollectorProcess:
    """A collector, whose port stays the same when it comes back."""

    def __init__(self, config: Path, log: Path) -> None:
        self._config, self._log = config, log
        self.port = 0
        self.come_back()

    def come_back(self) -> None:
        self._begin = len(self._log.read_text("utf-8")) if self._log.exists() else 0
        with self._log.open("ab") as log:
            words = collect(self._config, self.port)
            self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=log)
        if not self.port:
            self.port = self.wait_until_ready()

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def end(self) -> int:
        """Ends it in order; its exit code."""
        self.wait_until_ready()
        self._process.terminate()
        return self._process.wait(60)

    def wait_until_ready(self) -> int:
        """Its port, once it takes posts."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if found := READY.search(self._log.read_text("utf-8"), self._begin):
                return int(found[1])
            time.sleep(0.05)
        raise Lost(f"A collector does not start: {self._log.read_text('utf-8')[-500:]}")


class Server:
    """PostgreSQL, stopped as if its machine had failed."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def kill(self) -> None:
        self._postgres.stop("immediate")

    def come_back(self) -> None:
        self._postgres.start()


@dataclass
class Traffic:
    """Posts to any of the collectors until `stop`, each again until it is answered 200."""

    ports: Sequence[int]
    stop: threading.Event = field(default_factory=threading.Event)
    answered: set[str] = field(default_factory=set)
    refused: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1 << 60)))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        while not self.stop.is_set():
            with self._lock:
                numbers = [next(self._numbers) for _ in range(ITEMS_A_POST)]
            self._post(numbers)
            with self._lock:
                self.answered |= {f"mailjet-delivered-{number}" for number in numbers}

    def wait_for_answers(self) -> None:
        """Waits until posts are answered again: a kill while nothing goes on proves little."""
        before, end = len(self.answered), time.monotonic() + DONE_WITHIN_S
        while len(self.answered) < before + 5 * ITEMS_A_POST:
            if time.monotonic() > end:
                raise Lost(f"No post is answered {DONE_WITHIN_S} s after a kill.")
            time.sleep(0.02)

    def _post(self, numbers: Sequence[int]) -> None:
        items = [
            {
                "event": "sent",
                "time": 1_750_000_000,
                "MessageID": number,
                "mj_contact_id": number,
                "email": f"p{number}@example.com",
            }
            for number in numbers
        ]
        body = json.dumps(items).encode()
        for attempt in range(100_000):
            if ask(random.choice(self.ports), "POST", f"/mailjet/{ACCOUNT}", f"{ACCOUNT}:{PASSWORD}", body)[0] == 200:
                return
            self.refused += 1
            time.sleep(min(0.05 * (attempt + 1), 0.5))


@dataclass
class Reader:
    """Reads on from its last position, whatever dies, until `stop` and the end."""

    ports: Sequence[int]
    credentials: str
    stop: threading.Event = field(default_factory=threading.Event)
    ids: list[str] = field(default_factory=list)
    after: str | None = None

    def run(self) -> None:
        while True:
            ending = self.stop.is_set()
            if not self._read_page() and ending:
                return

    def _read_page(self) -> bool:
        """Whether there may be more."""
        query = f"?after={self.after}" if self.after else ""
        status, body = ask(random.choice(self.ports), "GET", f"/events/{ACCOUNT}{query}", self.credentials)
        if status != 200:
            if status in {400, 410}:
                raise Lost(f"A reader's position was refused with {status}.")
            time.sleep(0.1)
            return True
        page = json.loads(body)
        self.ids += [entry["row"]["id"] for entry in page["rows"]]
        self.after = page["after"]
        if not page["more"]:
            time.sleep(0.05)
        return bool(page["more"])


def ask(port: int, method: str, path: str, credentials: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of an answer; 0 if there is none."""
    headers = {"Authorization": f"Basic {b64encode(credentials.encode()).decode()}"}
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        return 0, b""
    finally:
        connection.close()


def prove(store: Store, kills: int, folder: Path, seed: int) -> str:
    """Kills each victim so often, and says in one line what came of it; raises `Lost`.

    On PostgreSQL the victims are two collectors and the server, on SQLite the one collector.
    """
    chance = random.Random(seed)
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(messages=10))
        postgres = stack.enter_context(_postgres()) if store == "postgresql" else None
        address = postgres.database() if postgres else f"sqlite:///{folder}/events.db"
        config = folder / "collector.json"
        config.write_text(json.dumps(configuration(sandbox, address)), "utf-8")
        logs = [folder / f"collector-{number}.log" for number in range(2 if postgres else 1)]
        processes = [stack.enter_context(_collector(config, log)) for log in logs]
        ports = [process.port for process in processes]
        traffic, reader = Traffic(ports), Reader(ports, f"{sandbox.api_key}:{sandbox.api_key_secret}")
        victims: list[Victim] = [*processes, *([Server(postgres)] if postgres else [])]
        with _running([reader.run], reader.stop):
            with _running([traffic.run] * POSTERS, traffic.stop):
                for victim in chance.sample(victims * kills, len(victims) * kills):
                    traffic.wait_for_answers()
                    time.sleep(chance.uniform(0, 1))
                    victim.kill()
                    time.sleep(chance.uniform(0, 0.5))
                    victim.come_back()
                traffic.wait_for_answers()
            _wait_until_sent(sandbox, traffic)
        _compare(sandbox, traffic, reader, ports)
        codes = [process.end() for process in processes]
        if any(codes):
            raise Lost(f"The collectors ended with {codes} after SIGTERM.")
        return (
            f"{store}: {len(victims) * kills} kills, {len(traffic.answered):,} events answered 200, "
            f"{traffic.refused:,} posts sent again: all at Segment ({sandbox.segment.duplicates:,} sent twice with one "
            "id) and for a reader once."
        )


@contextmanager
def _postgres() -> Iterator[Postgres]:
    programs = find_programs()
    if programs is None:
        raise Lost("PostgreSQL is not installed: apt-get install postgresql.")
    with running(programs) as postgres:
        yield postgres


@contextmanager
def _collector(config: Path, log: Path) -> Iterator[CollectorProcess]:
    process = CollectorProcess(config, log)
    try:
        yield process
    finally:
        process.kill()


def configuration(sandbox: Sandbox, store: str) -> dict[str, Any]:
    """A collector that forwards all events of the sandbox's account, and need ask Mailjet nothing about them."""
    region = {"location": "other", "api_url": sandbox.segment_url}
    account: dict[str, Any] = {
        "name": ACCOUNT,
        "api_key": sandbox.api_key,
        "api_key_secret": sandbox.api_key_secret,
        "api_url": sandbox.mailjet_url,
        "webhook_password": PASSWORD,
        "user_id": {"from": "none"},
        "segment": {"write_key": sandbox.write_key, "region": region, "forward_from": "2000-01-01T00:00:00Z"},
    }
    return {"store": store, "completeness_minutes": 0, "accounts": [account]}


@contextmanager
def _running(works: Sequence[Any], stop: threading.Event) -> Iterator[None]:
    """Runs functions in threads until the context ends; raises the first error of one of them."""
    errors: list[BaseException] = []

    def guarded(work: Any) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=[work], daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(DONE_WITHIN_S)
    if errors:
        raise errors[0]


def _wait_until_sent(sandbox: Sandbox, traffic: Traffic) -> None:
    end = time.monotonic() + DONE_WITHIN_S
    while sandbox.segment.accepted < len(traffic.answered) and time.monotonic() < end:
        time.sleep(0.2)


def _compare(sandbox: Sandbox, traffic: Traffic, reader: Reader, ports: Sequence[int]) -> None:
    sent = [event_id.rpartition("-")[0] for event_id in sandbox.segment.message_ids]
    again = Reader(ports, reader.credentials)
    again.stop.set()
    again.run()
    for who, ids in (("Segment", sent), ("the reader", reader.ids), ("a new reader", again.ids)):
        if missing := traffic.answered - set(ids):
            raise Lost(f"{who} lacks {len(missing)} of {len(traffic.answered)} events that were answered 200.")
        if len(ids) != len(set(ids)):
            raise Lost(f"{who} has {len(ids) - len(set(ids))} events twice.")
    if reader.ids != again.ids:
        raise Lost("Who read on has the events in another order than who reads them afterwards.")


def main() -> None:
    """Reads the arguments, kills, says what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="of each collector and of PostgreSQL")
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.randrange(1 << 32)
    for store in STORES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                print(prove(store, given.kills, Path(folder), seed), flush=True)
            except Lost as lost:
                sys.exit(f"Seed {seed}, {store}: {lost}")


if __name__ == "__main__":
    main()
