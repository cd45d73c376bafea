"""A sandbox, a collector that can be off for a time, and what has arrived at Segment's stand-in and at readers."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailjet_collector.collector import Places
from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.webhooks_command import run_webhooks
from program.failure import Failure
from unit_tests.mailjet_collector.process import until
from unit_tests.mailjet_collector.running import NAME, PASSWORD, Running, serving_collector

WITHIN_S = 60


@dataclass(frozen=True)
class LiveAccount:
    """One account of a sandbox and its collector at a port that stays the same."""

    sandbox: Sandbox
    folder: Path
    port: int

    @property
    def events_from(self) -> dict[str, str]:
        """The source's `events_from` that reads the collector."""
        return {"via": "collector", "url": f"{self._url}/events/{NAME}"}

    @property
    def at_segment(self) -> list[str]:
        """The ids that Segment's stand-in has accepted, without the suffix of the write key."""
        return [event_id.rsplit("-", 1)[0] for event_id in self.sandbox.segment.message_ids]

    @contextmanager
    def collecting(self, completeness_minutes: int = 0) -> Iterator[Running]:
        """A collector, until the context ends: then it has sent what it has."""
        config = self.config(completeness_minutes)
        with serving_collector(config, places=Places(port=self.port, admin_port=0)) as running:
            yield running

    def config(self, completeness_minutes: int = 0) -> dict[str, Any]:
        """All that ever happened is read and goes to Segment."""
        start = self.sandbox.start.strftime("%Y-%m-%dT%H:%M:%SZ")
        account = {
            "name": NAME,
            "api_key": self.sandbox.api_key,
            "api_key_secret": self.sandbox.api_key_secret,
            "api_url": self.sandbox.mailjet_url,
            "webhook_password": PASSWORD,
            "start_date": start,
            "max_requests_per_second": 1_000,
            "segment": {
                "write_key": self.sandbox.write_key,
                "region": {"location": "other", "api_url": self.sandbox.segment_url},
                "forward_from": start,
            },
        }
        return {
            "store": f"sqlite:///{self.folder / 'events.db'}",
            "completeness_minutes": completeness_minutes,
            "public_url": self._url,
            "accounts": [account],
        }

    def webhooks(self, action: Any) -> str | None:
        """Runs `mailjet-segment webhooks`; returns what it complains of."""
        path = self.folder / "collector.json"
        path.write_text(json.dumps(self.config()))
        try:
            run_webhooks(action, path, False, True)
        except Failure as failure:
            return str(failure)
        return None

    def wait_for(self, ids: set[str]) -> None:
        """Waits until Segment has these ids; fails if it does not get all of them."""
        try:
            until(lambda: ids <= set(self.at_segment), WITHIN_S)
        except AssertionError:
            assert sorted(ids - set(self.at_segment)) == []

    def assert_at_segment(self, ids: set[str]) -> None:
        """Segment has these ids, no others, and got none of them twice."""
        arrived = set(self.at_segment)
        assert (sorted(ids - arrived), sorted(arrived - ids)) == ([], [])
        assert self.sandbox.segment.duplicates == 0

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def wait_for_reading(running: Running) -> None:
    """Waits until a reading by REST has ended, and all that it found has its row."""
    until(lambda: running.metric("last_reading_timestamp_seconds") > 0, WITHIN_S)
    wait_for_rows(running)


def wait_for_rows(running: Running) -> None:
    """Waits until all that was stored since the start has its row."""
    stored, resolved = "events_stored_total", "events_resolved_total"
    until(lambda: running.metric(resolved) >= running.metric(stored), WITHIN_S)


def found_by_kind(running: Running, kinds: Iterable[str]) -> dict[str, int]:
    """How many events the metrics say that REST alone reported."""
    return {kind: int(running.metric("events_found_total", kind=kind)) for kind in kinds}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
