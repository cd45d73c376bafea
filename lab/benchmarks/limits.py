"""What Python itself allows here: the shortest programs that read Mailjet's messages, or post batches to Segment.

They know nothing of streams, state, people, repeats or failures; a connector can come near them and not pass them.
Each is run as a process of its own:

    limits.py read MAILJET_URL KEY SECRET
    limits.py fetch MAILJET_URL KEY SECRET      the same pages, not looked at: what the stand-in serves
    limits.py post SEGMENT_URL WRITE_KEY RECORDS
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import requests

_PAGE = 1_000
_BATCH_BYTES = 490_000
_NOT_PROPERTIES = frozenset(
    [
        "id",
        "event",
        "event_text",
        "user_id",
        "anonymous_id",
        "timestamp",
        "original_timestamp",
        "received_at",
        "sent_at",
    ]
)


def read(mailjet_url: str, api_key: str, api_key_secret: str) -> None:
    """Lists `message` in pages of 1,000 and prints each row in Airbyte's envelope."""
    session, now_ms, offset = _session(api_key, api_key_secret), time.time_ns() // 1_000_000, 0
    while rows := orjson.loads(_page(session, mailjet_url, offset))["Data"]:
        offset += len(rows)
        records = ({"stream": "message", "data": row, "emitted_at": now_ms} for row in rows)
        envelopes = ({"type": "RECORD", "record": record} for record in records)
        lines = [orjson.dumps(envelope, option=orjson.OPT_APPEND_NEWLINE) for envelope in envelopes]
        sys.stdout.buffer.write(b"".join(lines))
        sys.stdout.buffer.flush()


def fetch(mailjet_url: str, api_key: str, api_key_secret: str) -> None:
    """Fetches the same pages from two threads without looking at them, and prints how many a second."""
    offsets, fetched = iter(range(0, sys.maxsize, _PAGE)), list[int]()

    def work() -> None:
        session, more = _session(api_key, api_key_secret), True
        while more:
            offset = next(offsets)
            fetched.append(offset)
            more = b'"Data":[]' not in _page(session, mailjet_url, offset)

    began = time.monotonic()
    _in_threads(2, work)
    print(len(fetched) / (time.monotonic() - began), flush=True)


def post(segment_url: str, write_key: str, records: str) -> None:
    """Posts the records' rows as track calls, packed beforehand, from four threads."""
    batches = iter(list(_batches(Path(records))))
    turn = threading.Lock()

    def work() -> None:
        session = _session(write_key, "")
        session.headers["Content-Type"] = "application/json"
        while True:
            with turn:
                batch = next(batches, None)
            if batch is None:
                return
            session.post(f"{segment_url}/v1/batch", data=batch).raise_for_status()

    _in_threads(4, work)


def _session(user: str, password: str) -> requests.Session:
    session = requests.Session()
    session.auth = (user, password)
    return session


def _page(session: requests.Session, mailjet_url: str, offset: int) -> bytes:
    parameters: dict[str, str | int] = {"Limit": _PAGE, "Offset": offset, "ShowSubject": "true"}
    answer = session.get(f"{mailjet_url}/v3/REST/message", params=parameters)
    answer.raise_for_status()
    return answer.content


def _in_threads(count: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _batches(records: Path) -> Iterator[bytes]:
    calls: list[bytes] = []
    weight = 0
    with records.open("rb") as lines:
        for line in lines:
            message = orjson.loads(line)
            if message["type"] != "RECORD":
                continue
            call = orjson.dumps(to_call(message["record"]["data"]))
            if weight + len(call) + 1 > _BATCH_BYTES:
                yield b'{"batch":[' + b",".join(calls) + b"]}"
                calls, weight = [], 0
            calls.append(call)
            weight += len(call) + 1
    yield b'{"batch":[' + b",".join(calls) + b"]}"


def to_call(row: dict[str, Any]) -> dict[str, Any]:
    """The track call of a row, with the columns of its context among the properties: about as large as a true one."""
    who = {"userId": row["user_id"]} if row.get("user_id") else {"anonymousId": row.get("anonymous_id")}
    named = {"type": "track", "event": row["event_text"], "messageId": row["id"], "timestamp": row["timestamp"]}
    properties = {name: value for name, value in row.items() if name not in _NOT_PROPERTIES}
    return {**named, **who, "properties": properties, "context": {}}


if __name__ == "__main__":
    {"read": read, "fetch": fetch, "post": post}[sys.argv[1]](*sys.argv[2:])
