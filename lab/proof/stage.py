"""What one cell runs on: a sandbox of its own, executables of the connectors, a folder for their files."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from lab.proof.machine import NONE, Prefix
from lab.proof.messages import parse_messages
from lab.proof.nursery import CLIENT, open_nursery
from lab.proof.row import Row
from mailjet_sandbox.sandbox import Sandbox
from segment_events.instants import format_instant
from segment_events.kinds import BLOCKED

ROOT = Path(__file__).parents[2]
ACCOUNT: Mapping[str, Any] = {"seed": 7, "messages": 200, "days": 20}
SOURCE, DESTINATION = "source-mailjet-segment", "destination-segment"
MODULES = {SOURCE: "lab.proof.impatient_source", DESTINATION: "lab.proof.impatient_destination"}
ALL_THEY_IMPORT = ("destination_segment.destination", "destination_segment.writer")
"""Also what the destination imports only when it is told what to do."""


class Stage:
    """Give the executables to any runtime: each writes its process's id where `kill` finds it.

    `spec` and `discover` are answered from what the connectors printed once: every cell needs them, and no fault is
    about them. `prefixes` are commands that an executable is run behind, by its name; they may be changed.
    """

    def __init__(self, row: Row, sandbox: Sandbox, folder: Path) -> None:
        self.row, self.sandbox, self.folder = row, sandbox, folder
        self.prefixes: dict[str, Prefix] = {}
        self.options: dict[str, Sequence[str]] = {}
        self.note = ""
        self.resuming = False

    def executable(self, name: str) -> Path:
        """A connector as a command."""
        path = self.folder / name
        described, pid_file = _described(name), shlex.quote(str(self._pid_file(name)))
        make_executable(
            path,
            f"""case "$1" in spec|discover) exec cat "{described}/{name}-$1";; esac\n"""
            f"""{self._start(name, pid_file)} "$@"\n""",
        )
        return path

    def _start(self, name: str, pid_file: str) -> str:
        """The shell's words for starting a connector: from the nursery, or afresh behind a prefix."""
        prefix = self.prefixes.get(name, NONE)
        if not prefix:
            client = [sys.executable, "-I", "-S", str(CLIENT), str(open_nursery(*MODULES.values(), *ALL_THEY_IMPORT))]
            return f"exec {shlex.join(client)} {pid_file} {MODULES[name]}"
        command = [*prefix, sys.executable, "-m", MODULES[name], *self.options.get(name, ())]
        return (
            f"echo $$ > {pid_file}; PYTHONPATH={shlex.quote(str(ROOT))}; export PYTHONPATH; exec {shlex.join(command)}"
        )

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Sends a signal to an executable that runs; nothing where it has ended, lest another has its id by now."""
        with suppress(OSError, ValueError):
            pid = int(self._pid_file(name).read_text())
            if b"proof" in Path(f"/proc/{pid}/cmdline").read_bytes():  # the nursery's children have its name
                os.kill(pid, number)

    def kill_all(self) -> None:
        """Ends the executables that still run."""
        for file in self.folder.glob("*.pid"):
            self.kill(file.stem)

    def source_config(self) -> dict[str, Any]:
        """A source that reads the whole account, as fast as it can."""
        changes = self.row.resume if self.resuming else self.row.source
        return {
            "api_key": self.sandbox.api_key,
            "api_key_secret": self.sandbox.api_key_secret,
            "api_url": self.sandbox.mailjet_url,
            "start_date": format_instant(self.sandbox.start),
            "max_requests_per_second": 5_000,
            **changes,
        }

    def destination_config(self) -> dict[str, Any]:
        """A destination that writes rows of events to the stand-in for Segment."""
        changes = {} if self.resuming else self.row.destination
        region = {"location": "other", "api_url": self.sandbox.segment_url}
        return {"write_key": self.sandbox.write_key, "region": region, "max_requests_per_second": 1_000, **changes}

    def resume(self) -> None:
        """Ends the fault: what runs from now on is the run that goes on from the last state."""
        self.row.end(self)
        self.prefixes.clear()
        self.options.clear()
        self.resuming = True

    def _pid_file(self, name: str) -> Path:
        return self.folder / f"{name}.pid"


@contextmanager
def staged(row: Row) -> Iterator[Stage]:
    """A stage for a row, with its fault begun."""
    with Sandbox(**{**ACCOUNT, **row.account}) as sandbox, TemporaryDirectory(prefix="proof-") as folder:
        stage = Stage(row, sandbox, Path(folder))
        row.begin(stage)
        yield stage


@cache
def catalog() -> dict[str, Any]:
    """All streams of the source but the one that is none of Segment's, incremental."""
    output = (_described(SOURCE) / f"{SOURCE}-discover").read_text("utf-8")
    (found,) = (message["catalog"] for message in parse_messages(output) if message["type"] == "CATALOG")
    modes = {"sync_mode": "incremental", "destination_sync_mode": "append", "cursor_field": ["timestamp"]}
    streams = [stream for stream in found["streams"] if stream["name"] != BLOCKED.stream]
    return {"streams": [{"stream": stream, "primary_key": [["id"]], **modes} for stream in streams]}


_KEPT = TemporaryDirectory(prefix="proof-")
_EXECUTABLE = Path(_KEPT.name) / "executable"
_EXECUTABLE.write_text('#!/usr/bin/env bash\n. "$0.start"\n', "utf-8")
_EXECUTABLE.chmod(0o755)


def make_executable(path: Path, words: str) -> None:
    """An executable that runs the shell's `words`.

    They are beside it in a file that is only read: one that is still open for writing in a child that another thread
    has just forked could not be executed ("Text file busy").
    """
    path.with_name(f"{path.name}.start").write_text(words, "utf-8")
    if not path.exists():
        path.hardlink_to(_EXECUTABLE)


_DESCRIBING = Lock()


def _described(name: str) -> Path:
    """The folder with what a connector answers to `spec` and `discover`, which need no network."""
    with _DESCRIBING:
        return _describe(name)


@cache
def _describe(name: str) -> Path:
    folder = Path(_KEPT.name)
    nowhere = {"api_key": "unused", "api_key_secret": "unused", "start_date": "2025-01-01T00:00:00Z"}
    config = folder / "config.json"
    config.write_text(json.dumps(nowhere), "utf-8")
    commands = {"spec": ["spec"], "discover": ["discover", "--config", str(config)]}
    for command in ("spec", "discover") if name == SOURCE else ("spec",):
        done = subprocess.run(
            [sys.executable, "-m", MODULES[name], *commands[command]], cwd=ROOT, capture_output=True, check=True
        )
        (folder / f"{name}-{command}").write_bytes(done.stdout)
    return folder
