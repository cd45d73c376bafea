"""Posts of Mailjet's webhooks, as many as are wanted: as fast as they are answered, or so many a second."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count, cycle
from math import inf

import orjson

from lab.benchmarks.figures import LostError

CONNECTIONS = 16
_FIRST_ID = 1_152_921_519_000_000_000
_KINDS = "sent", "open", "sent", "open", "click"
_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0"


@dataclass(frozen=True)
class Person:
    """A contact of the account, and a campaign that went to it."""

    contact_id: int
    address: str
    campaign_id: int


@dataclass
class Load:
    """What was posted and answered 200. `took_s`: of each post from when it was due to its answer."""

    events: int = 0
    lasted_s: float = 0
    took_s: list[float] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        return self.events / self.lasted_s

    def latency_s(self, share: float) -> float:
        """What that share of the posts took at most."""
        return sorted(self.took_s)[int(share * (len(self.took_s) - 1))]


class Events:
    """Events of messages that never were before, of the people in turn."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._people, self._ids, self._kinds = cycle(people), count(_FIRST_ID), cycle(_KINDS)

    def body(self, events: int) -> bytes:
        """A post's body: an array, or one object, as ungrouped events come."""
        items = [self._item() for _ in range(events)]
        return orjson.dumps(items if events > 1 else items[0])

    def _item(self) -> dict[str, object]:
        person = next(self._people)
        return {
            "event": next(self._kinds),
            "time": int(time.time()),
            "MessageID": next(self._ids),
            "Message_GUID": "1ab23cd4-e567-8901-2345-6789f0gh1i2j",
            "email": person.address,
            "mj_campaign_id": person.campaign_id,
            "mj_contact_id": person.contact_id,
            "customcampaign": "",
            "CustomID": "helloworld",
            "Payload": '{"order": 17}',
            "ip": "127.0.0.1",
            "geo": "US",
            "agent": _AGENT,
            "url": "https://example.com/offers?campaign=spring",
        }


@dataclass(frozen=True)
class Address:
    """Where posts go, and the user and password that they show."""

    port: int
    path: str
    credentials: str

    def request(self, body: bytes) -> bytes:
        """The bytes of a post."""
        basic = b64encode(self.credentials.encode()).decode()
        head = f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {basic}\r\n"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def post_for(
    address: Address,
    events: Events,
    size: int,
    for_s: float = inf,
    per_s: float | None = None,
    most: float = inf,
    ready: int = 0,
) -> Load:
    """Posts `size` events at a time for some seconds, or until there were `most` posts.

    `per_s`: events a second; without it each connection posts as soon as it was answered. `ready`: so many posts are
    made beforehand, so that making them takes no time from what is measured.
    """
    made = [address.request(events.body(size)) for _ in range(ready)]
    load = Load()
    asyncio.run(_post_all(address, events, size, for_s, size / per_s if per_s else 0.0, most, made, load))
    return load


async def _post_all(
    address: Address,
    events: Events,
    size: int,
    for_s: float,
    every_s: float,
    most: float,
    made: list[bytes],
    load: Load,
) -> None:
    numbers, begun_s = count(), time.perf_counter()

    async def send() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", address.port)
        while (number := next(numbers)) < most:
            due_s = begun_s + number * every_s if every_s else time.perf_counter()
            if due_s - begun_s > for_s:
                break
            request = made.pop() if made else address.request(events.body(size))
            if (wait_s := due_s - time.perf_counter()) > 0:
                await asyncio.sleep(wait_s)
            writer.write(request)
            await _require_200(reader)
            load.took_s.append(time.perf_counter() - due_s)
            load.events += size
        writer.close()

    await asyncio.gather(*[send() for _ in range(CONNECTIONS)])
    load.lasted_s = time.perf_counter() - begun_s


async def _require_200(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise LostError(f"A post was answered {head[:12]!r} instead of 200.")
    if b"transfer-encoding: chunked" in (fields := head.lower()):
        await reader.readuntil(b"0\r\n\r\n")
    else:
        await reader.readexactly(int(fields.partition(b"content-length: ")[2].partition(b"\r")[0]))
