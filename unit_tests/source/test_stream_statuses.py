"""Rate limits as statuses of the streams that run, and of no others."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from airbyte_cdk.models import AirbyteMessage, AirbyteStreamStatus, StreamDescriptor
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message

from mailjet_rest.client import Mailjet
from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.sandbox import Sandbox
from source_mailjet_segment.stream_statuses import StreamStatuses

STARTED, RUNNING = AirbyteStreamStatus.STARTED, AirbyteStreamStatus.RUNNING
COMPLETE, INCOMPLETE = AirbyteStreamStatus.COMPLETE, AirbyteStreamStatus.INCOMPLETE


class Queue:
    """What was put into it comes out in that order, as from the queue of a sync."""

    def __init__(self) -> None:
        self.items: list[AirbyteMessage] = []

    def __iter__(self) -> Queue:
        return self

    def __next__(self) -> AirbyteMessage:
        if not self.items:
            raise StopIteration
        return self.items.pop(0)

    def put_status(self, stream: str, current: AirbyteStreamStatus) -> None:
        self.items.append(as_airbyte_message(StreamDescriptor(name=stream), current))


def statuses_of(messages: Sequence[AirbyteMessage]) -> list[tuple[str, str, Any]]:
    """Stream, status, and whether it has a reason, with the time of the reset."""
    found: list[tuple[str, str, Any]] = []
    for message in messages:
        assert message.trace
        assert message.trace.stream_status
        of = message.trace.stream_status
        reset = of.reasons[0].rate_limited.quota_reset if of.reasons and of.reasons[0].rate_limited else None
        found.append((of.stream_descriptor.name, of.status.value, (bool(of.reasons), reset)))
    return found


PLAIN = (False, None)


def test_a_wait_is_told_of_the_streams_that_run_when_it_leaves_the_queue() -> None:
    queue = Queue()
    statuses = StreamStatuses(queue.items.append)
    messages = statuses.follow(queue)
    for stream in ("a", "b", "c"):
        queue.put_status(stream, STARTED)
    begun = [next(messages) for _ in range(3)]
    queue.put_status("a", COMPLETE)
    queue.put_status("b", INCOMPLETE)
    statuses.rate_limited(1_700_000_000.5)
    statuses.rate_lifted()
    queue.put_status("c", COMPLETE)
    statuses.rate_limited(None)
    assert statuses_of([*begun, *messages]) == [
        ("a", "STARTED", PLAIN),
        ("b", "STARTED", PLAIN),
        ("c", "STARTED", PLAIN),
        ("a", "COMPLETE", PLAIN),
        ("b", "INCOMPLETE", PLAIN),
        ("c", "RUNNING", (True, 1_700_000_000_500)),
        ("c", "RUNNING", PLAIN),
        ("c", "COMPLETE", PLAIN),
    ]


def test_a_wait_before_the_streams_start_is_not_told_later() -> None:
    queue = Queue()
    statuses = StreamStatuses(queue.items.append)
    messages = statuses.follow(queue)
    statuses.rate_limited(None)
    queue.put_status("a", STARTED)
    begun = [next(messages)]
    statuses.rate_lifted()
    assert statuses_of([*begun, *messages]) == [("a", "STARTED", PLAIN)]


def test_a_reset_that_mailjet_did_not_name_is_left_out() -> None:
    queue = Queue()
    statuses = StreamStatuses(queue.items.append)
    messages = statuses.follow(queue)
    queue.put_status("a", STARTED)
    next(messages)
    statuses.rate_limited(None)
    assert statuses_of([*messages]) == [("a", "RUNNING", (True, None))]


class Words:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def rate_limited(self, until_s: float | None) -> None:
        self.heard.append("limited" if until_s is None else "limited until")

    def rate_lifted(self) -> None:
        self.heard.append("lifted")


def ask_all(sandbox: Sandbox, words: Words, threads: int = 1) -> Mailjet:
    """One request of each thread, none of which really waits."""
    keys = (sandbox.api_key, sandbox.api_key_secret)
    api = Mailjet(sandbox.mailjet_url, *keys, 1e6, sleep=lambda _: None, jitter=lambda: 0.0, listener=words)
    with ThreadPoolExecutor(threads) as pool:
        assert [*pool.map(lambda _: api.count("message", {}), range(threads))] == [50] * threads
    return api


def test_however_many_requests_meet_a_limit_its_wait_is_told_once() -> None:
    words = Words()
    with Sandbox(
        messages=50, hard_cases=False, faults=[Fault("", status(429, retry_after="290"), times=12)]
    ) as sandbox:
        api = ask_all(sandbox, words, threads=6)
    assert words.heard == ["limited until"]
    assert (api.budget.waits, api.counts.retries) == (1, {"answered 429 (too many requests)": {"message": 12}})


def test_a_limit_is_lifted_by_the_first_answer_after_the_wait() -> None:
    words = Words()
    with Sandbox(messages=50, hard_cases=False, faults=[Fault("", status(429, retry_after="0"))]) as sandbox:
        ask_all(sandbox, words)
    assert words.heard == ["limited until", "lifted"]


def test_a_429_that_does_not_say_how_long_has_no_reset() -> None:
    words = Words()
    with Sandbox(messages=50, hard_cases=False, faults=[Fault("", status(429))]) as sandbox:
        ask_all(sandbox, words)
    assert words.heard[0] == "limited"
