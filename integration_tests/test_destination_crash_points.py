"""The destination killed after each line that it reads and at each request that it sends, then fed again.

Each crash is a SIGKILL to a process of its own. So that hundreds of them take seconds, the processes are forked from
one that has imported the connector already.
"""

from __future__ import annotations

import array
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from mailjet_sandbox.exchange import Exchange
from mailjet_sandbox.faults import Action, Fault, FaultMiddleware
from mailjet_sandbox.segment_ledger import SegmentLedger
from mailjet_sandbox.segment_server import DEMO_WRITE_KEY, segment_app
from mailjet_sandbox.serving import serving

ROOT = Path(__file__).parent.parent
ROWS, EVERY = 24, 2
"""Rows of the input, and how many of them come between two states."""

FORKING = """
import os, socket, sys
from destination_segment.destination import DestinationSegment
from destination_segment.writer import Timing

control = socket.socket(fileno=int(sys.argv[1]))
while True:
    word, descriptors, _, _ = socket.recv_fds(control, 4096, 2)
    if not word:
        break
    if word.startswith(b"wait "):
        control.send(str(os.waitpid(int(word[5:]), 0)[1]).encode())
        continue
    child = os.fork()
    if not child:
        control.close()
        os.dup2(descriptors[0], 0)
        os.dup2(descriptors[1], 1)
        for descriptor in descriptors:
            os.close(descriptor)
        DestinationSegment(timing=Timing(flush_after_s=0.0)).run(word.decode().split("\\n"))
        sys.stdout.flush()
        os._exit(0)
    for descriptor in descriptors:
        os.close(descriptor)
    control.send(str(child).encode())
"""
"""Forks a connector for each pair of descriptors it is sent; batches go out at once, so that there are many."""


@dataclass
class Connector:
    """One process of the connector, fed and read by pipes."""

    pid: int
    stdin: int
    stdout: BinaryIO
    _control: socket.socket
    _echoed: list[int] = field(default_factory=list)

    def feed(self, *messages: Any) -> None:
        """Writes lines at once and waits until they have been read, or nobody reads any more."""
        with suppress(BrokenPipeError):
            os.write(self.stdin, b"".join(json.dumps(message).encode() + b"\n" for message in messages))
            self._wait_until_read()

    def wait_for_state(self) -> None:
        """Waits until it has echoed one more state, or has ended."""
        so_far = len(self._echoed)
        while len(self._echoed) == so_far and (line := self.stdout.readline()):
            self._take(line)

    def _take(self, line: bytes) -> None:
        if line.endswith(b"\n") and (message := json.loads(line))["type"] == "STATE":
            self._echoed.append(message["state"]["id"])

    def _wait_until_read(self) -> None:
        unread = array.array("i", [1])
        while unread[0]:
            fcntl.ioctl(self.stdin, termios.FIONREAD, unread)
            # A pipe without a reader keeps what is in it for ever.
            if unread[0] and not os.path.exists(f"/proc/{self.pid}/fd/0"):
                break
            time.sleep(0.0005)

    def kill(self) -> list[int]:
        """The states that it had echoed when it was killed."""
        os.kill(self.pid, signal.SIGKILL)
        return self.end()[1]

    def end(self) -> tuple[int, list[int]]:
        """Ends its input and waits for it: its wait status, and the states that it echoed."""
        os.close(self.stdin)
        with self.stdout:
            for line in self.stdout:
                self._take(line)
        self._control.send(f"wait {self.pid}".encode())
        return int(self._control.recv(100)), self._echoed


class Connectors:
    """Starts processes of the connector that write to `origin`."""

    def __init__(self, folder: Path, origin: str, control: socket.socket) -> None:
        config = {"write_key": DEMO_WRITE_KEY, "region": {"location": "other", "api_url": origin}, "num_workers": 2}
        catalog = {"streams": [{"stream": {"name": "a", "json_schema": {}}, "destination_sync_mode": "append"}]}
        (folder / "config.json").write_text(json.dumps(config), "utf-8")
        (folder / "catalog.json").write_text(json.dumps(catalog), "utf-8")
        self._arguments = f"write\n--config\n{folder / 'config.json'}\n--catalog\n{folder / 'catalog.json'}"
        self._control = control

    def start(self) -> Connector:
        its_stdin, stdin = os.pipe()
        stdout, its_stdout = os.pipe()
        socket.send_fds(self._control, [self._arguments.encode()], [its_stdin, its_stdout])
        pid = int(self._control.recv(100))
        os.close(its_stdin)
        os.close(its_stdout)
        return Connector(pid, stdin, os.fdopen(stdout, "rb"), self._control)


@pytest.fixture(scope="module")
def control() -> Iterator[socket.socket]:
    """The way to the process that forks connectors."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        process = subprocess.Popen(
            [sys.executable, "-c", FORKING, str(its.fileno())], cwd=ROOT, pass_fds=[its.fileno()]
        )
    with ours:
        yield ours
    assert process.wait(timeout=30) == 0


@dataclass
class Segment:
    """The stand-in for Segment, and the connector that is killed when a request of its arrives."""

    ledger: SegmentLedger
    set_faults: Callable[[Sequence[Fault]], None]
    connectors: Connectors
    running: Connector | None = field(default=None)

    def kill_at(self, request: int, *, after_accepting: bool) -> None:
        """Has the connector killed by its request of this number, counted from here."""

        async def act(exchange: Exchange) -> None:
            if after_accepting:
                await exchange.handle()
            assert self.running
            os.kill(self.running.pid, signal.SIGKILL)
            await exchange.reset()

        action: Action = act
        self.set_faults([Fault("batch", action, nth=request)])

    def accepted(self) -> list[int]:
        """The rows that Segment has, in order."""
        return sorted(int(name.split("-")[1]) for name in self.ledger.message_ids)


@contextmanager
def segment(folder: Path, control: socket.socket) -> Iterator[Segment]:
    ledger = SegmentLedger()
    faults = FaultMiddleware(segment_app(ledger), (), "/v1")
    with serving([faults]) as (origin,):
        yield Segment(ledger, faults.replace, Connectors(folder, origin, control))


def lines(since: int) -> list[Any]:
    """The input from the state `since` on, which counts the rows before it."""
    fed: list[Any] = []
    for number in range(since, ROWS):
        data = {"id": f"m-{number}", "event_text": "E", "user_id": "u", "timestamp": "2026-01-31T23:59:59Z"}
        fed.append({"type": "RECORD", "record": {"stream": "a", "data": data, "emitted_at": 1}})
        if (number + 1) % EVERY == 0:
            fed.append({"type": "STATE", "state": {"id": number + 1, "stream": {"stream_descriptor": {"name": "a"}}}})
    return fed


def require_covered(segment: Segment, echoed: Sequence[int], since: int) -> int:
    """States come back in order, none of them before its rows; gives where to go on."""
    assert list(echoed) == sorted(set(echoed))
    last = echoed[-1] if echoed else since
    assert set(range(last)) <= set(segment.accepted())
    return last


def finish(segment: Segment, since: int) -> None:
    """Feeds the rest: in the end everything is at Segment, once."""
    segment.set_faults([])
    connector = segment.connectors.start()
    connector.feed(*lines(since))
    status, echoed = connector.end()
    assert status == 0
    assert require_covered(segment, echoed, since) == ROWS
    assert segment.accepted() == list(range(ROWS))
    assert segment.ledger.dropped == {}


def feed_and_kill(segment: Segment, since: int, after_lines: int, *, one_by_one: bool = False) -> int:
    """Kills the connector when it has read so many lines; gives the last state that it echoed.

    `one_by_one`: nothing is fed before the last state is back.
    """
    connector = segment.running = segment.connectors.start()
    for line in lines(since)[:after_lines]:
        connector.feed(line)
        if one_by_one and line["type"] == "STATE":
            connector.wait_for_state()
    return require_covered(segment, connector.kill(), since)


def feed_until_killed(
    segment: Segment, since: int, request: int, *, after_accepting: bool, one_by_one: bool
) -> tuple[int, bool]:
    """Feeds all; the connector is killed by its request of this number. The last state it echoed, and whether it was.

    A connector that sends fewer requests ends in order. `one_by_one`: nothing is fed before the last state is back.
    """
    segment.kill_at(request, after_accepting=after_accepting)
    connector = segment.running = segment.connectors.start()
    fed = lines(since)
    for place in range(0, len(fed), EVERY + 1):
        connector.feed(*fed[place : place + EVERY + 1])
        if one_by_one:
            connector.wait_for_state()
    status, echoed = connector.end()
    assert status in (0, signal.SIGKILL)
    return require_covered(segment, echoed, since), status == signal.SIGKILL


def test_killed_after_each_line_and_fed_again_everything_is_at_segment_once(
    tmp_path: Path, control: socket.socket
) -> None:
    """After every fourth line the process that goes on is killed too."""
    crashes = 0
    for read in range(len(lines(0)) + 1):
        with segment(tmp_path, control) as stand_in:
            last = feed_and_kill(stand_in, 0, after_lines=read, one_by_one=read % 2 == 0)
            crashes += 1
            if read % 4 == 3:
                last = feed_and_kill(stand_in, last, after_lines=2)
                crashes += 1
            finish(stand_in, last)
    assert crashes > ROWS + ROWS // EVERY


@pytest.mark.parametrize("one_by_one", [True, False], ids=["one request at a time", "two at once"])
@pytest.mark.parametrize("after_accepting", [False, True], ids=["before Segment has it", "after Segment has it"])
def test_killed_at_each_request_and_fed_again_everything_is_at_segment_once(
    tmp_path: Path, control: socket.socket, after_accepting: bool, one_by_one: bool
) -> None:
    """Until there is no request left to be killed at; at every third, the process that goes on is killed too."""
    crashes, was_killed = 0, True
    while was_killed:
        with segment(tmp_path, control) as stand_in:
            last, was_killed = feed_until_killed(
                stand_in, 0, crashes + 1, after_accepting=after_accepting, one_by_one=one_by_one
            )
            crashes += was_killed
            if crashes % 3 == 2:
                last, _ = feed_until_killed(
                    stand_in, last, 1, after_accepting=not after_accepting, one_by_one=one_by_one
                )
            finish(stand_in, last)
    assert crashes == ROWS // EVERY if one_by_one else crashes > 1
