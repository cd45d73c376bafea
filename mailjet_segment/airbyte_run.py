"""Both connectors as Airbyte runs them: processes, a pipe between them, and the states that come back."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mailjet_segment.connectors import Connectors
from program.failure import Failure
from segment_events.kinds import BLOCKED

LOOK_EVERY_S = 0.2


@dataclass
class AirbyteRun:
    """A connection: `folder` gets the configurations, which hold secrets, the catalog and the states."""

    connectors: Connectors
    source_config: dict[str, Any]
    destination_config: dict[str, Any]
    folder: Path
    _states: dict[str, dict[str, Any]] = field(default_factory=dict)

    def prepare(self) -> None:
        """Writes the configurations and a catalog that selects all of Segment's streams, as `discover` names them."""
        self._write("source.json", self.source_config)
        self._write("destination.json", self.destination_config)
        found = subprocess.run(
            [self.connectors.source, "discover", "--config", self.folder / "source.json"],
            capture_output=True,
            text=True,
            check=False,
        )
        messages = [json.loads(line) for line in found.stdout.splitlines()]
        streams = [stream for message in messages if "catalog" in message for stream in message["catalog"]["streams"]]
        if not streams:
            raise Failure("The source named no streams; run source-mailjet-segment discover to see why.")
        self._write(
            "catalog.json",
            {
                "streams": [
                    {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}
                    for stream in streams
                    if stream["name"] != BLOCKED.stream
                ]
            },
        )

    def sync(self, stop: threading.Event, on_state: Callable[[], None]) -> None:
        """`read | write`, from the states of the run before; raises `Failure` if either of them fails."""
        catalog, states = str(self.folder / "catalog.json"), str(self.folder / "states.json")
        self._write("states.json", list(self._states.values()))
        read = [str(self.connectors.source), "read", "--config", str(self.folder / "source.json")]
        write = [str(self.connectors.destination), "write", "--config", str(self.folder / "destination.json")]
        with (
            subprocess.Popen([*read, "--catalog", catalog, "--state", states], stdout=subprocess.PIPE) as source,
            subprocess.Popen(
                [*write, "--catalog", catalog], stdin=source.stdout, stdout=subprocess.PIPE, text=True
            ) as destination,
        ):
            assert source.stdout
            assert destination.stdout
            source.stdout.close()  # else the source would not hear that the destination is gone
            watcher = threading.Thread(target=_end_both, args=(stop, source, destination), daemon=True)
            watcher.start()
            for line in destination.stdout:
                message = json.loads(line)
                if message["type"] == "STATE":
                    state = message["state"]
                    self._states[state["stream"]["stream_descriptor"]["name"]] = state
                    on_state()
        watcher.join()
        if stop.is_set():
            raise Failure("Stopped.")
        for process, name in ((source, "source"), (destination, "destination")):
            if process.returncode:
                raise Failure(f"The {name} failed with exit code {process.returncode}.")

    def _write(self, name: str, content: Any) -> None:
        (self.folder / name).write_text(json.dumps(content), encoding="utf-8")


def _end_both(stop: threading.Event, *processes: subprocess.Popen[Any]) -> None:
    """Waits for the end of both, and ends them when `stop` is set."""
    while any(process.poll() is None for process in processes):
        if stop.wait(LOOK_EVERY_S):
            for process in processes:
                with suppress(ProcessLookupError):
                    process.terminate()
            return
