"""How fast a collector receives: posts of 50 events and single posts, into SQLite and PostgreSQL.

`python -m lab.benchmarks.collector_speed`. The load comes from this process, the collector is one of its own; nobody
is asked about a person, and nothing is forwarded.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.postgres import find_programs, running

PASSWORD = "a-password-of-the-benchmark"
LASTS_S = 6.0
SHAPES = ((50, 16), (1, 16), (1, 64))
"""Events of a post, and connections."""
MOST_POSTS = 30_000
_PORT = re.compile(r"on port (\d+);")
_COLLECT = [sys.executable, "-c", "from mailjet_segment.cli import main; main()", "collect"]


@contextmanager
def collecting(address: str, folder: Path) -> Iterator[tuple[int, int]]:
    """The port and the process number of a collector."""
    keys = {"api_key": "benchmark", "api_key_secret": "benchmark", "webhook_password": PASSWORD}
    account = {"name": "acme", "api_url": "http://127.0.0.1:9", "user_id": {"from": "none"}, **keys}
    path = folder / "collector.json"
    path.write_text(json.dumps({"store": address, "completeness_minutes": 0, "accounts": [account]}))
    words = [*_COLLECT, "--config", str(path), "--port", "0", "--admin-port", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        found = next(filter(None, map(_PORT.search, process.stderr)))
        yield int(found[1]), process.pid
        process.terminate()


def make_post(events: int) -> bytes:
    """A request with new events."""
    now = int(time.time())
    items = [
        {
            "event": random.choice(["sent", "open", "click"]),
            "time": now - random.randrange(5),
            "MessageID": 1152921519000000000 + random.randrange(10**10),
            "Message_GUID": "1ab23cd4-e567-8901-2345-6789f0gh1i2j",
            "email": f"user{number}@example.com",
            "mj_campaign_id": 7257,
            "mj_contact_id": number + 1,
            "customcampaign": "",
            "CustomID": "helloworld",
            "Payload": "",
            "ip": "127.0.0.1",
            "geo": "US",
            "agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0",
            "url": "https://example.com/x",
        }
        for number in range(events)
    ]
    body = json.dumps(items if events > 1 else items[0]).encode()
    authorization = b64encode(f"acme:{PASSWORD}".encode()).decode()
    head = f"POST /mailjet/acme HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {authorization}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def load(port: int, posts: Iterator[bytes], connections: int) -> tuple[list[float], float]:
    """How long each answer took, and the whole."""
    took: list[float] = []
    begun = time.perf_counter()

    async def send_all() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for post in posts:
            sent_at = time.perf_counter()
            if sent_at - begun > LASTS_S:
                break
            writer.write(post)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]))
            took.append(time.perf_counter() - sent_at)
        writer.close()

    await asyncio.gather(*[send_all() for _ in range(connections)])
    return took, time.perf_counter() - begun


def measure(name: str, address: str, folder: Path) -> None:
    with collecting(address, folder) as (port, process):
        for events, connections in SHAPES:
            posts = [make_post(events) for _ in range(MOST_POSTS // events + 2_000)]
            took, lasted = asyncio.run(load(port, iter(posts), connections))
            took.sort()
            shape = f"posts of {events} over {connections} connections"
            print(
                f"{name}: {shape}: {len(took) * events / lasted:,.0f} events/s, "
                f"p50 {took[len(took) // 2] * 1e3:.1f} ms, p99 {took[len(took) * 99 // 100] * 1e3:.1f} ms"
            )
        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text("utf-8"))
        print(f"{name}: at most {int(peak[1]) // 1024 if peak else 0} MB of memory")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/events.db", Path(folder))
        programs = find_programs()
        if programs:
            with running(programs) as server:
                measure("PostgreSQL", server.database(), Path(folder))


if __name__ == "__main__":
    main()
