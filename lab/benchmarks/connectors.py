"""This project's connectors as processes, with configurations that lead to the stand-ins."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from lab.benchmarks.processes import Run, run, succeeded
from lab.benchmarks.stand_ins import Places
from segment_events.instants import format_instant
from segment_events.kinds import BLOCKED, TRACKS

UNLIMITED = 10_000
"""Requests a second that nothing here reaches."""

_INSTALLED = Path(sys.executable).parent
_MODES = {"sync_mode": "incremental", "destination_sync_mode": "append", "cursor_field": ["timestamp"]}


Catalog = Sequence[dict[str, Any]]
"""Configured streams: all seven, incremental."""


def discover(folder: Path) -> Catalog:
    """The catalog of Segment's seven streams, by the source's own `discover`, which needs no network."""
    stub = folder / "stub.json"
    stub.write_text('{"api_key": "none", "api_key_secret": "none", "start_date": "2025-01-01T00:00:00Z"}', "utf-8")
    done = succeeded(
        run([_INSTALLED / "source-mailjet-segment", "discover", "--config", stub], folder, name="discover")
    )
    found = [orjson.loads(line) for line in done.stdout.read_bytes().splitlines()]
    streams = next(message["catalog"]["streams"] for message in found if message["type"] == "CATALOG")
    return [
        {"stream": stream, "primary_key": [["id"]], **_MODES} for stream in streams if stream["name"] != BLOCKED.stream
    ]


class Connectors:
    """Runs source and destination against the stand-ins at `places`, with files in `folder`."""

    def __init__(self, places: Places, folder: Path, catalog: Catalog) -> None:
        self._places, self._folder, self._catalog = places, folder, catalog

    def read(
        self,
        name: str,
        *,
        streams: Collection[str] = (),
        start: datetime | None = None,
        state: Sequence[dict[str, Any]] = (),
        max_requests_per_second: int = UNLIMITED,
        limit_s: float = 600,
        keep_records: bool = True,
    ) -> Run:
        """A sync of all seven streams, or of some, everything enriched, from `start` (the account's own by default)."""
        places = self._places
        catalog = [entry for entry in self._catalog if not streams or entry["stream"]["name"] in streams]
        config = {
            "api_key": places.api_key,
            "api_key_secret": places.api_key_secret,
            "api_url": places.mailjet_url,
            "start_date": format_instant(start or places.start),
            "max_requests_per_second": max_requests_per_second,
        }
        files = {
            "config": self._file(f"{name}.config", config),
            "catalog": self._file(f"{name}.catalog", {"streams": catalog}),
        }
        if state:
            files["state"] = self._file(f"{name}.state", list(state))
        command = self._command("source-mailjet-segment", "read", **files)
        return run(command, self._folder, name=name, limit_s=limit_s, keep_records=keep_records)

    def write(self, name: str, records: Path, *, num_workers: int = 8, limit_s: float = 600) -> Run:
        """Sends the event streams' records of a file to Segment."""
        config = {
            "write_key": self._places.write_key,
            "region": {"location": "other", "api_url": self._places.segment_url},
            "max_requests_per_second": 1_000,
            "num_workers": num_workers,
        }
        streams = [configured for configured in self._catalog if configured["stream"]["name"] != TRACKS]
        files = {
            "config": self._file(f"{name}.config", config),
            "catalog": self._file(f"{name}.catalog", {"streams": streams}),
        }
        command = self._command("destination-segment", "write", **files)
        return run(command, self._folder, name=name, stdin=records, limit_s=limit_s)

    def _file(self, name: str, content: object) -> Path:
        path = self._folder / f"{name}.json"
        path.write_text(json.dumps(content), "utf-8")
        return path

    @staticmethod
    def _command(connector: str, command: str, **files: Path) -> list[str | Path]:
        options = [text for option, path in files.items() for text in (f"--{option}", path)]
        return [_INSTALLED / connector, command, *options]
