"""An Airbyte source of a few lines, for tests: run as a process, told what to do by its config.

`rows` a stream and sync; `fail_after` so many records it says why and exits with 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STREAMS = (
    "email_delivered",
    "email_opened",
    "email_link_clicked",
    "email_unsubscribed",
    "email_bounced",
    "email_marked_as_spam",
    "tracks",
)
TEXT = {"type": ["null", "string"]}
INSTANT = {**TEXT, "format": "date-time", "airbyte_type": "timestamp_with_timezone"}
COLUMNS = {
    **dict.fromkeys(("id", "event_text", "user_id", "anonymous_id", "campaign_id", "campaign_name", "email_id"), TEXT),
    **dict.fromkeys(("timestamp", "received_at"), INSTANT),
    "is_bot": {"type": ["null", "boolean"]},
    "click_delay_s": {"type": ["null", "integer"]},
}


def row(stream: str, number: int) -> dict[str, Any]:
    """What this source emits: some columns absent, an empty text, a boolean, an integer."""
    return {
        "id": f"{stream}-{number}",
        "event_text": stream.replace("_", " ").title(),
        "anonymous_id": f"person-{number}",
        "timestamp": f"2026-01-01T00:{number // 60 % 60:02d}:{number % 60:02d}Z",
        "received_at": "2026-02-01T12:00:00Z",
        "campaign_name": "",
        "email_id": "1234567890123456789",
        "is_bot": number % 2 == 0,
        "click_delay_s": number,
    }


def main() -> None:
    command, options = sys.argv[1], dict(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
    if command == "discover":
        say({"type": "CATALOG", "catalog": {"streams": [described(stream) for stream in STREAMS]}})
    if command == "read":
        config = json.loads(Path(options["--config"]).read_text("utf-8"))
        read(config, json.loads(Path(options["--state"]).read_text("utf-8")))


def read(config: dict[str, Any], states: list[dict[str, Any]]) -> None:
    done = {one["stream"]["stream_descriptor"]["name"]: one["stream"]["stream_state"]["rows"] for one in states}
    say({"type": "LOG", "log": {"level": "WARN", "message": "tracking is off"}})
    for count, message in enumerate(records(config["rows"], done)):
        if count == config.get("fail_after"):
            error = {"message": "Mailjet went away; come again.", "failure_type": "transient_error"}
            say({"type": "TRACE", "trace": {"type": "ERROR", "emitted_at": 1, "error": error}})
            sys.exit(1)
        say(message)


def records(rows: int, done: dict[str, int]) -> Iterator[dict[str, Any]]:
    for stream in ("email_delivered", "email_opened", "tracks"):
        for number in range(done.get(stream, 0), rows):
            yield {"type": "RECORD", "record": {"stream": stream, "emitted_at": 1, "data": row(stream, number)}}
        state = {"stream_descriptor": {"name": stream}, "stream_state": {"rows": rows}}
        yield {"type": "STATE", "state": {"type": "STREAM", "stream": state}}


def described(stream: str) -> dict[str, Any]:
    return {
        "name": stream,
        "json_schema": {"type": "object", "properties": COLUMNS},
        "supported_sync_modes": ["full_refresh", "incremental"],
        "source_defined_cursor": True,
        "default_cursor_field": ["timestamp"],
        "source_defined_primary_key": [["id"]],
    }


def say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
