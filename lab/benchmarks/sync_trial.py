"""Runs `mailjet-segment sync` on an account, and looks that each event came once to all places that get it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from lab.benchmarks.connectors import UNLIMITED
from lab.benchmarks.figures import LostError
from lab.benchmarks.processes import run, succeeded
from lab.benchmarks.stand_ins import Difference, StandIns
from lab.benchmarks.sync_goals import LOADED, Part, SyncRun
from segment_events.instants import format_instant

LATER = timedelta(seconds=1)
"""The clock moves on, so that a sync has a window to read, in which next to nothing has happened."""
_PART = re.compile(r"^Events (\w+) .*: ([\d,]+) \((\d+\.\d) s\)$", re.MULTILINE)
_LIMIT_S = 3_600


@dataclass(frozen=True)
class SyncTrial:
    """What is needed to run syncs: stand-ins of Mailjet and Segment, and a folder for files."""

    stand_ins: StandIns
    folder: Path

    def first(self, program: Path, name: str) -> SyncRun:
        """A first sync, by a program, into a new DuckDB file and to Segment, which has got nothing yet."""
        self.database(name).parent.mkdir()
        self.stand_ins.reset()
        return self._sync(program, name)

    def again(self, program: Path, name: str) -> SyncRun:
        """A sync of the same a second later."""
        self.stand_ins.move_on(LATER)
        return self._sync(program, name)

    def load(self, program: Path, name: str, address: str) -> SyncRun:
        """A sync of what this project's `sync` keeps beside a DuckDB file into an empty PostgreSQL."""
        store = self.database(name).with_suffix(".events.db")
        done = self._run(program, name, "--store", str(store), "--to", address)
        with psycopg.connect(address) as server:
            ids = server.execute("SELECT id FROM mailjet.tracks").fetchall()
        loaded = done.parts[LOADED].events if LOADED in done.parts else 0
        self._require("PostgreSQL", self.stand_ins.compare_ids([found for (found,) in ids]), loaded)
        return done

    def database(self, name: str) -> Path:
        """The DuckDB file of the syncs of this name."""
        return self.folder / name / "mailjet.duckdb"

    def _sync(self, program: Path, name: str) -> SyncRun:
        places = self.stand_ins.places
        region = {"location": "other", "api_url": places.segment_url}
        destination = {"write_key": places.write_key, "region": region, "max_requests_per_second": 1_000}
        file = self._file("destination", destination)
        done = self._run(program, name, "--destination-config", str(file), "--duckdb", str(self.database(name)))
        with duckdb.connect(str(self.database(name)), read_only=True) as connection:
            ids = connection.execute("SELECT id FROM tracks").fetchall()
        self._require("DuckDB", self.stand_ins.compare_ids([found for (found,) in ids]))
        self._require("Segment", self.stand_ins.compare_delivered())
        return done

    def _run(self, program: Path, name: str, *options: str) -> SyncRun:
        places = self.stand_ins.places
        source = {
            "api_key": places.api_key,
            "api_key_secret": places.api_key_secret,
            "api_url": places.mailjet_url,
            "start_date": format_instant(places.start),
            "max_requests_per_second": UNLIMITED,
        }
        command: list[str | Path] = [program, "sync", "--source-config", self._file("source", source), *options]
        done = succeeded(run(command, self.folder / name, name="sync", limit_s=_LIMIT_S))
        parts = to_parts(done.stdout.read_text("utf-8"))
        return SyncRun(done.took_s, done.cpu_s, done.peak_bytes / 1e6, parts)

    def _file(self, name: str, config: Mapping[str, Any]) -> Path:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(config), "utf-8")
        return path

    def _require(self, where: str, difference: Difference, loaded: int | None = None) -> None:
        if not difference.is_none or (loaded is not None and loaded != difference.events):
            raise LostError(f"sync did not bring to {where} what happened: {difference}.")


def to_parts(printed: str) -> Mapping[str, Part]:
    """The parts of a sync by the second word of their lines."""
    found: Sequence[tuple[str, str, str]] = _PART.findall(printed)
    return {name: Part(int(events.replace(",", "")), float(took_s)) for name, events, took_s in found}
