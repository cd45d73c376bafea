"""Drives Segment's own Python client in the peers' environment: sends the track calls of a file as fast as it takes.

Calls are read and their times parsed before the clock starts, so that only the client's own work is measured. A call
that finds the client's queue full is dropped by the client, as it is in any program that does not look at what `track`
returns. Prints one JSON object: calls, refused, seconds.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from segment.analytics.client import Client


def main() -> None:
    """Reads the arguments, sends, reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("calls", type=Path)
    parser.add_argument("segment_url")
    parser.add_argument("write_key")
    parser.add_argument("queue_size", type=int)
    given = parser.parse_args()
    logging.getLogger("segment").setLevel(logging.ERROR)
    calls = [_arguments(json.loads(line)) for line in given.calls.read_text("utf-8").splitlines()]
    client = Client(given.write_key, host=given.segment_url, max_queue_size=given.queue_size)
    began = time.monotonic()
    refused = sum(not client.track(**call)[0] for call in calls)
    client.shutdown()
    report = {"calls": len(calls), "refused": refused, "seconds": time.monotonic() - began}
    print(json.dumps(report), flush=True)


def _arguments(call: dict[str, Any]) -> dict[str, Any]:
    """A call as Segment's HTTP API has it, as arguments of `track`."""
    return {
        "user_id": call.get("userId"),
        "anonymous_id": call.get("anonymousId"),
        "event": call["event"],
        "properties": call.get("properties"),
        "context": call.get("context"),
        "timestamp": datetime.fromisoformat(call["timestamp"].replace("Z", "+00:00")),
        "message_id": call["messageId"],
    }


if __name__ == "__main__":
    main()
