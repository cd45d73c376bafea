"""The collector, and django-anymail's webhook, as processes that take posts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import requests

from lab.benchmarks.processes import FailedRunError
from lab.benchmarks.webhook_load import Address
from lab.collect_command import READY, collect

ACCOUNT, PASSWORD = "acme", "a-password-of-the-benchmark"
_LISTENS = re.compile(r"Listening at: http://127\.0\.0\.1:(\d+)")
_PEER = ("-m", "gunicorn", "--workers", "2", "--threads", "8", "--bind", "127.0.0.1:0", "anymail_peer:application")
_PEER_PATH, _PEER_CREDENTIALS = "/anymail/mailjet/tracking/", "anymail:a-password-of-16"
PEERS_DATABASE = "anymail.db"
_END_S = 40


@dataclass(frozen=True)
class Collector:
    """A running collector, and the credentials of its readers."""

    port: int
    admin_port: int
    pid: int
    reader: tuple[str, str]

    @property
    def address(self) -> Address:
        """Where webhooks are posted."""
        return Address(self.port, f"/mailjet/{ACCOUNT}", f"{ACCOUNT}:{PASSWORD}")

    def memory_mb(self, what: str = "VmRSS") -> float:
        """Its resident memory now; `VmHWM`: at most so far."""
        text = Path(f"/proc/{self.pid}/status").read_text("ascii")
        found = re.search(rf"{what}:\s+(\d+) kB", text)
        return int(found[1]) / 1024 if found else 0.0

    def metrics(self) -> dict[str, float]:
        """What it counts, by name and labels as Prometheus reads them."""
        lines = requests.get(f"http://127.0.0.1:{self.admin_port}/metrics", timeout=30).text.splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines) if name[:1] != "#"}

    def read_ids(self) -> tuple[int, int]:
        """What a reader gets who reads all: how many rows, and how many different ids."""
        ids, rows, query = set[int](), 0, "limit=5000"
        while True:
            url = f"http://127.0.0.1:{self.port}/events/{ACCOUNT}?{query}"
            answer = requests.get(url, auth=self.reader, timeout=60)
            answer.raise_for_status()
            page = orjson.loads(answer.content)
            ids.update(hash(found["row"]["id"]) for found in page["rows"])
            rows += len(page["rows"])
            query = f"limit=5000&after={page['after']}"
            if not page["more"]:
                return rows, len(ids)


@contextmanager
def collecting(folder: Path, store: str, account: Mapping[str, Any]) -> Iterator[Collector]:
    """A collector of one account, whose store is at an address; it is ended as an operator would end it."""
    fields = {"name": ACCOUNT, "webhook_password": PASSWORD, **account}
    path = folder / "collector.json"
    path.write_text(json.dumps({"store": store, "completeness_minutes": 0, "accounts": [fields]}), "utf-8")
    with _running(collect(path), READY) as (process, ports):
        yield Collector(int(ports[1]), int(ports[2]), process.pid, (account["api_key"], account["api_key_secret"]))


@contextmanager
def peer_collecting(folder: Path, python: Path) -> Iterator[Address]:
    """django-anymail's webhook, by gunicorn."""
    environment = {**os.environ, "ANYMAIL_PEER_DATABASE": str(folder / PEERS_DATABASE)}
    words: list[str | Path] = [python, *_PEER[:2], "--chdir", Path(__file__).parent, *_PEER[2:]]
    with _running(words, _LISTENS, environment) as (_, found):
        yield Address(int(found[1]), _PEER_PATH, _PEER_CREDENTIALS)


@contextmanager
def _running(
    words: Sequence[str | Path], ready: re.Pattern[str], environment: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], re.Match[str]]]:
    """A process, from when it has said that it is ready."""
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment) as process:
        said: deque[str] = deque(maxlen=20)
        try:
            yield process, _await(process, ready, said)
        finally:
            process.terminate()
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
    if process.returncode:
        raise FailedRunError(f"{words[0]} ended with exit code {process.returncode}.\n{''.join(said)}")


def _await(process: subprocess.Popen[str], ready: re.Pattern[str], said: deque[str]) -> re.Match[str]:
    assert process.stderr
    for line in process.stderr:
        said.append(line)
        if found := ready.search(line):
            threading.Thread(target=said.extend, args=(process.stderr,), daemon=True).start()
            return found
    raise FailedRunError(f"A process has ended before it was ready.\n{''.join(said)}")
