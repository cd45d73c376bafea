"""A made-up account, and the command `sync` upon it: as a process, or in this one."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from lab.proof.nursery import CLIENT, open_nursery
from mailjet_sandbox.request_log import Request
from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.cli import main
from segment_events.instants import format_instant

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
        self.first_requests: list[Request] = []
        self.write_source()
        self.write_destination()

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

    def write_destination(self, **fields: Any) -> None:
        """The destination's configuration, with these fields in it."""
        region = {"location": "other", "api_url": self.sandbox.segment_url}
        self._write("destination.json", {"write_key": self.sandbox.write_key, "region": region, **fields})

    def start(self, *more: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """The command `sync` as a process, in a group of its own."""
        return subprocess.Popen(
            [COMMAND, *self.arguments(), *more],
            env={**(environment or os.environ), "TMPDIR": str(self.scratch)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def sync(self, *more: str, with_destination: bool = True) -> Done:
        """The same command in this process, which spares it the five seconds that PyAirbyte takes to be imported.

        Its connectors are processes, but forked: a sync starts a dozen, each of which takes two seconds to import all.
        """
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err), forked_connectors():
            code = main([*self.arguments(with_destination), *more])
        return Done(code, out.getvalue(), err.getvalue())

    def arguments(self, with_destination: bool = True) -> list[str]:
        """Of the command `sync`."""
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
        return [event_id.rsplit("-", 1)[0] for event_id in self.sandbox.segment.message_ids]

    def in_duckdb(self, tables: tuple[str, ...] = TABLES) -> list[str]:
        """Ids of all rows of these tables."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return [id_ for table in tables for (id_,) in connection.execute(f"SELECT id FROM {table}").fetchall()]

    def _write(self, name: str, config: dict[str, Any]) -> None:
        (self.folder / name).write_text(json.dumps(config), encoding="utf-8")


@contextmanager
def forked_connectors() -> Iterator[None]:
    """The command finds its connectors beside its Python: here beside a Python whose connectors come of a nursery."""
    python = sys.executable
    sys.executable = str(Path(forking_programs(python).name) / Path(python).name)
    try:
        yield
    finally:
        sys.executable = python


@cache
def forking_programs(python: str) -> TemporaryDirectory[str]:
    """A folder with both connectors, forked by a nursery, and with this Python."""
    folder = TemporaryDirectory(prefix="forking-")
    packages = {"source-mailjet-segment": "source_mailjet_segment", "destination-segment": "destination_segment"}
    modules = [f"{package}.{module}" for package in packages.values() for module in ("start", "run")]
    client = shlex.join([python, "-I", "-S", str(CLIENT), str(open_nursery(*modules))])
    programs = {Path(python).name: shlex.quote(python)}
    programs |= {name: f'{client} "$0.$$.pid" {package}.start' for name, package in packages.items()}
    for name, words in programs.items():
        path = Path(folder.name) / name
        path.write_text(f'#!/bin/sh\nexec {words} "$@"\n', "utf-8")
        path.chmod(0o755)
    return folder


def one_sentence(done: Done) -> str:
    """What a failed command says; it is one line, and no stack trace."""
    assert done.code == 1, done.out + done.err
    assert "Traceback" not in done.out + done.err
    (line,) = done.err.splitlines()
    return line


def wait_until(moment: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for a moment that comes while the process runs."""
    until = time.monotonic() + 300
    while not moment() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    assert process.poll() is None, "it ended before the moment came"


def kill_when(moment: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Kill the command and both connectors as soon as `moment` has come, as a power cut would."""
    wait_until(moment, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
