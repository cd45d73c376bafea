"""A sync in this process, through a pipe, against the Segment stand-in with faults as rows."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse

from destination_segment.catalog import parse_catalog
from destination_segment.config import parse_config
from destination_segment.sync import run_sync
from destination_segment.writer import Timing
from mailjet_sandbox.exchange import Exchange
from mailjet_sandbox.faults import Action, Fault, FaultMiddleware, after, delay, if_body, reset, reset_midway, status
from mailjet_sandbox.segment_ledger import SegmentLedger
from mailjet_sandbox.segment_server import DEMO_WRITE_KEY, segment_app
from mailjet_sandbox.serving import App, Receive, Scope, Send, serving
from program.failure import Failure
from segment_api.limits import MAX_WAITING_STATE_BYTES
from segment_api.retry import RetryRule

QUICK = RetryRule(for_s=0.5, first_wait_s=0.02, longest_wait_s=0.05)
LOGGER = logging.getLogger("sync")


class Sync:
    """One sync on a thread of its own: lines go in, states come out, and it ends somehow."""

    def __init__(
        self,
        origin: str,
        *,
        retry: RetryRule = QUICK,
        timing: Timing | None = None,
        catalog: Any = None,
        **config: Any,
    ) -> None:
        region = {"location": "other", "api_url": origin}
        self._config = parse_config({"write_key": DEMO_WRITE_KEY, "region": region, **config})
        self._catalog = catalog or {"streams": [{"stream": {"name": name}} for name in ("a", "b")]}
        self._retry, self._timing = retry, timing or Timing(flush_after_s=0.05)
        self._descriptor, self._input = os.pipe()
        self.states: list[tuple[int, float]] = []
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            run_sync(
                self._config,
                parse_catalog(self._catalog),
                self._descriptor,
                emit=lambda line: self.states.append((json.loads(line)["state"]["id"], time.monotonic())),
                log=LOGGER,
                retry=self._retry,
                timing=self._timing,
            )
        except Exception as error:
            self.failure = error
        finally:
            os.close(self._descriptor)

    @property
    def echoed(self) -> list[int]:
        return [number for number, _ in self.states]

    def put(self, *messages: Any) -> Sync:
        os.write(self._input, b"".join(json.dumps(message).encode() + b"\n" for message in messages))
        return self

    def end(self, within_s: float = 10) -> Sync:
        os.close(self._input)
        return self.finish(within_s)

    def finish(self, within_s: float = 10) -> Sync:
        self._thread.join(within_s)
        assert not self._thread.is_alive()
        return self

    def wait_for_state(self, number: int) -> Sync:
        wait_until(lambda: number in self.echoed)
        return self


@contextmanager
def segment(*faults: Fault, poison: bytes | None = None) -> Iterator[tuple[SegmentLedger, str]]:
    ledger = SegmentLedger()
    app: App = segment_app(ledger)
    app = refusing(app, poison) if poison else FaultMiddleware(app, faults, "/v1")
    with serving([app]) as (origin,):
        yield ledger, origin


def row(number: int, stream: str = "a", **more: Any) -> dict[str, Any]:
    data = {"id": f"m-{number}", "event_text": "E", "user_id": "u", "timestamp": "2026-01-31T23:59:59Z", **more}
    return {"type": "RECORD", "record": {"stream": stream, "data": data, "emitted_at": 1}}


def state(number: int, stream: str = "a") -> dict[str, Any]:
    return {"type": "STATE", "state": {"id": number, "stream": {"stream_descriptor": {"name": stream}}}}


def ids(ledger: SegmentLedger) -> list[str]:
    return sorted((name.rpartition("-")[0] for name in ledger.message_ids), key=lambda name: int(name[2:]))


def expected_ids(numbers: Sequence[int]) -> list[str]:
    return [f"m-{number}" for number in numbers]


def refusing(app: App, poison: bytes) -> App:
    """A 400 for every request that holds `poison`, as for content that Segment cannot read."""

    async def judge(scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()

        async def again() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        await (JSONResponse({"success": False}, 400) if poison in body else app)(scope, again, send)

    return judge


def wait_until(holds: Callable[[], bool], within_s: float = 5) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, "it never came so far"
        time.sleep(0.005)


def test_all_records_arrive_and_all_states_come_back_in_order() -> None:
    with segment() as (ledger, origin):
        sync = Sync(origin)
        for number in range(20):
            sync.put(row(number, "ab"[number % 2]), state(number, "ab"[number % 2]))
        sync.end()
    assert sync.failure is None
    assert ids(ledger) == expected_ids(range(20))
    assert sync.echoed == list(range(20))
    assert ledger.dropped == {}


def test_a_state_is_echoed_while_the_input_is_quiet() -> None:
    with segment() as (ledger, origin):
        sync = Sync(origin).put(row(1), state(1)).wait_for_state(1)
        assert ledger.accepted == 1
        assert sync.end().failure is None


def test_a_state_with_nothing_before_it_is_echoed_at_once() -> None:
    with segment() as (ledger, origin):
        sync = Sync(origin, timing=Timing(flush_after_s=60)).put(state(1)).wait_for_state(1)
        sync.end()
    assert ledger.requests == 0


def test_states_that_weigh_much_do_not_wait_for_a_batch_to_be_full() -> None:
    with segment() as (_, origin):
        sync = Sync(origin, timing=Timing(flush_after_s=60)).put(row(1))
        heavy = {**state(1)["state"], "data": "x" * (MAX_WAITING_STATE_BYTES // 2)}
        sync.put({"type": "STATE", "state": heavy}, {"type": "STATE", "state": heavy})
        wait_until(lambda: sync.echoed == [1, 1], within_s=30)
        assert sync.end().failure is None


def test_memory_that_serves_one_batch_after_the_other_never_mixes_them() -> None:
    notes = {f"m-{number}": f"{number} " * 7_000 for number in range(300)}
    faults = (Fault("batch", status(503), nth=3, times=5), Fault("batch", delay(0.01), times=None))
    with segment(*faults) as (ledger, origin):
        sync = Sync(origin, num_workers=3, max_requests_per_second=1000)
        for number, note in enumerate(notes.values()):
            sync.put(row(number, note=note))
        sync.end(within_s=30)
    assert sync.failure is None
    assert ledger.requests > 10
    assert {call["messageId"].rpartition("-")[0]: call["properties"]["note"] for call in ledger.calls} == notes


def test_many_states_in_a_fast_stream_do_not_make_tiny_batches() -> None:
    with segment() as (ledger, origin):
        sync = Sync(origin, timing=Timing(flush_after_s=1.0))
        for number in range(500):
            sync.put(row(number), state(number))
        sync.end()
    assert ledger.accepted == 500
    assert ledger.requests <= 3


@pytest.mark.parametrize(
    "action",
    [
        status(429),
        status(429, headers={"x-ratelimit-reset": "0"}),
        status(429, retry_after="0"),
        status(500),
        status(503, "<html>"),
        after(status(500)),
        reset(),
        reset_midway(),
    ],
    ids=["429", "429 reset", "429 after", "500", "503", "500 after accepting", "cut", "cut midway"],
)
def test_what_passes_is_outlasted_with_the_same_ids(action: Action) -> None:
    with segment(Fault("batch", action, times=3)) as (ledger, origin):
        sync = Sync(origin, num_workers=1).put(*map(row, range(3)), state(1)).end()
    assert sync.failure is None
    assert ids(ledger) == expected_ids(range(3))
    assert sync.echoed == [1]


def test_a_500_after_accepting_leads_to_the_same_ids_again() -> None:
    with segment(Fault("batch", after(status(500)))) as (ledger, origin):
        Sync(origin).put(*map(row, range(3))).end()
    assert (ledger.accepted, ledger.duplicates, ledger.dropped) == (3, 3, {})


def test_retry_after_is_obeyed_by_all_workers() -> None:
    with segment(Fault("batch", status(429, retry_after="1"))) as (ledger, origin):
        began = time.monotonic()
        sync = Sync(origin, retry=RetryRule(for_s=10, first_wait_s=0.01), timing=Timing(flush_after_s=0.0)).put(row(1))
        time.sleep(0.2)
        sync.put(row(2), state(1)).end()
    assert time.monotonic() - began >= 1
    assert (ledger.requests, ledger.accepted) == (2, 2)


def test_when_the_time_for_retrying_is_up_the_sync_fails_and_echoes_nothing_later() -> None:
    with segment(Fault("batch", status(503), nth=2, times=None)) as (ledger, origin):
        sync = Sync(origin, num_workers=1).put(row(1), state(1)).wait_for_state(1)
        sync.put(row(2), state(2), row(3), state(3)).end()
    assert isinstance(sync.failure, Failure)
    assert sync.failure.kind == "transient_error"
    assert "HTTP 503" in sync.failure.sentence
    assert sync.echoed == [1]
    assert ids(ledger) == ["m-1"]


def test_nobody_there_is_a_failure_too() -> None:
    with segment() as (_, origin):
        pass
    sync = Sync(origin).put(row(1), state(1)).end()
    assert "no connection" in str(sync.failure)
    assert sync.echoed == []


@pytest.mark.parametrize("code", [401, 403, 404, 302])
def test_an_answer_that_segment_never_gives_ends_the_sync_at_once(code: int) -> None:
    fault = Fault("batch", status(code, headers={"location": "http://127.0.0.1:1/"}), times=None)
    with segment(fault) as (ledger, origin):
        sync = Sync(origin, retry=RetryRule()).put(row(1), state(1)).end()
    assert isinstance(sync.failure, Failure)
    assert str(code) in sync.failure.sentence
    assert (sync.echoed, ledger.requests) == ([], 0)


def test_the_event_that_a_400_is_about_ends_the_sync_with_the_states_before_it() -> None:
    with segment(poison=b"poison") as (ledger, origin):
        sync = Sync(origin, timing=Timing(flush_after_s=30))
        for number in range(9):
            sync.put(row(number, note="poison" if number == 5 else "fine"), state(number))
        sync.end()
    assert sync.echoed == [0, 1, 2, 3, 4]
    assert ids(ledger)[:5] == expected_ids(range(5))
    assert "Segment refuses event m-5-" in str(sync.failure)
    assert "poison" not in str(sync.failure)


def test_the_event_that_a_400_is_about_can_be_skipped(caplog: pytest.LogCaptureFixture) -> None:
    with segment(poison=b"poison") as (ledger, origin):
        sync = Sync(origin, on_rejected="skip", timing=Timing(flush_after_s=30))
        for number in range(9):
            sync.put(row(number, note="poison" if number == 5 else "fine"), state(number))
        sync.end()
    assert sync.failure is None
    assert sync.echoed == list(range(9))
    assert ids(ledger) == expected_ids([0, 1, 2, 3, 4, 6, 7, 8])
    assert any(message.startswith("Skipped event m-5-") for message in caplog.messages)


def test_an_event_that_segment_would_drop_ends_the_sync_after_all_before_it() -> None:
    with segment() as (ledger, origin):
        sync = Sync(origin).put(row(1), state(1), row(2, user_id=None), state(2), row(3), state(3)).end()
    assert sync.echoed == [1]
    assert ids(ledger) == ["m-1"]
    assert "event m-2 on line 3" in str(sync.failure)


def test_an_event_that_segment_would_drop_can_be_skipped() -> None:
    with segment() as (ledger, origin):
        sync = Sync(origin, on_rejected="skip").put(row(1), row(2, user_id=None), state(2), row(3), state(3)).end()
    assert sync.failure is None
    assert sync.echoed == [2, 3]
    assert ids(ledger) == ["m-1", "m-3"]


def test_input_that_breaks_off_is_a_failure_after_all_before_it() -> None:
    with segment() as (ledger, origin):
        sync = Sync(origin).put(row(1), state(1))
        os.write(sync._input, b'{"type":"RECORD","rec')
        sync.end()
    assert sync.echoed == [1]
    assert ledger.accepted == 1
    assert "in the middle of line 3" in str(sync.failure)


def test_while_segment_does_not_take_a_batch_the_log_says_so_and_no_state_passes_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with segment(Fault("batch", status(503), times=4)) as (_, origin):
        sync = Sync(origin, num_workers=2, timing=Timing(flush_after_s=0.0, say_every_s=0.03))
        sync.put(row(1), state(1)).put(row(2), state(2)).end()
    waiting = [message for message in caplog.messages if message.startswith("Waiting for Segment")]
    assert len(waiting) >= 2
    assert "(HTTP 503)" in waiting[0]
    assert sync.echoed == [1, 2]


def test_a_slow_batch_holds_back_the_states_of_a_quick_one_behind_it() -> None:
    with segment(Fault("batch", delay(0.4))) as (ledger, origin):
        sync = Sync(origin, num_workers=2, timing=Timing(flush_after_s=0.0)).put(row(1), state(1))
        time.sleep(0.1)
        sync.put(row(2), state(2))
        wait_until(lambda: ledger.accepted == 1)
        assert ids(ledger) == ["m-2"]
        assert sync.echoed == []
        sync.end()
    assert sync.echoed == [1, 2]


def test_records_of_two_streams_of_one_name_do_not_share_message_ids() -> None:
    mapped = {
        "shape": "mapped",
        "event_name": "x",
        "timestamp": "timestamp",
        "user_id": "user_id",
        "message_id": ["id"],
    }
    catalog = {"streams": [{"stream": {"name": "a", "namespace": space}} for space in ("x", "y")]}
    rows = [row(1), row(1)]
    for record, space in zip(rows, ("x", "y"), strict=True):
        record["record"]["namespace"] = space
    with segment() as (ledger, origin):
        assert Sync(origin, records=mapped, catalog=catalog).put(*rows).end().failure is None
    assert (ledger.accepted, ledger.duplicates) == (2, 0)


def test_records_of_deleted_rows_are_passed_over_with_one_line_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    mapped = {"shape": "mapped", "event_name": "E", "timestamp": "timestamp", "user_id": "user_id"}
    with segment() as (ledger, origin), caplog.at_level(logging.INFO):
        sync = Sync(origin, records=mapped).put(row(1, _ab_cdc_deleted_at=None), state(1))
        sync.put(*(row(number, _ab_cdc_deleted_at="2026-02-01", user_id=None) for number in (2, 3)), state(2)).end()
    assert (sync.failure, sync.echoed, ledger.accepted) == (None, [1, 2], 1)
    assert sum("records of deleted rows (_ab_cdc_deleted_at)" in line for line in caplog.messages) == 1
    assert caplog.messages[-1] == "Segment accepted 1 events (1 E); 2 records of deleted rows were passed over (2 a)."


def test_an_answer_that_says_that_nothing_was_taken_is_no_success() -> None:
    refusal = status(200, {"success": False})
    with segment(Fault("batch", refusal, times=2)) as (ledger, origin):
        assert Sync(origin, num_workers=1).put(row(1), state(1)).end().echoed == [1]
    assert ids(ledger) == ["m-1"]
    with segment(Fault("batch", refusal, times=None)) as (ledger, origin):
        sync = Sync(origin).put(row(1), state(1)).end()
    assert (sync.echoed, ledger.accepted) == ([], 0)
    assert 'HTTP 200 with "success": false' in str(sync.failure)


def test_events_that_are_each_too_large_for_what_is_in_between_are_skipped_wherever_they_are() -> None:
    def is_large(body: bytes) -> bool:
        return len(body) > 9_000

    too_large = Fault("batch", if_body(is_large, status(413)), times=None)
    with segment(too_large) as (ledger, origin):
        sync = Sync(origin, on_rejected="skip", max_requests_per_second=1000, timing=Timing(flush_after_s=30))
        sync.put(*(row(number, note="x" * 9_000) for number in range(25)), *map(row, range(25, 30)), state(1))
        sync.end()
    assert (sync.failure, sync.echoed) == (None, [1])
    assert ids(ledger) == expected_ids(range(25, 30))


def test_events_that_are_all_refused_for_what_nobody_knows_are_no_fault_of_theirs() -> None:
    with segment(poison=b"m-") as (_, origin):
        sync = Sync(origin, on_rejected="skip", max_requests_per_second=1000, timing=Timing(flush_after_s=30))
        sync.put(*map(row, range(25)), state(1)).end()
    assert "Segment answered 400 to each of 20 events sent one by one" in str(sync.failure)
    assert sync.echoed == []


def test_a_stream_of_which_nothing_is_taken_for_one_reason_fails_although_events_are_skipped() -> None:
    with segment() as (ledger, origin):
        sync = Sync(origin, on_rejected="skip")
        for number in range(0, 1_000, 100):
            sync.put(*(row(one, "b", user_id=None) for one in range(number, number + 100)))
        sync.end()
    assert str(sync.failure) == (
        "Segment would drop each of the first 1,000 records of stream b (it has neither user_id nor anonymous_id), so "
        "the fault is not in them: check records in the configuration, then sync this stream from its beginning."
    )
    assert ledger.accepted == 0


def test_generations_that_cannot_be_replaced_are_mentioned_once(caplog: pytest.LogCaptureFixture) -> None:
    catalog = {"streams": [{"stream": {"name": "a"}, "minimum_generation_id": 3, "generation_id": 3}]}
    with segment() as (_, origin), caplog.at_level(logging.INFO):
        Sync(origin, catalog=catalog).put(row(1)).end()
    assert sum("stay, and new" in message for message in caplog.messages) == 1
    assert any("did not say that these streams are complete: a" in message for message in caplog.messages)


def test_requests_keep_to_their_pace() -> None:
    with segment() as (ledger, origin):
        began = time.monotonic()
        sync = Sync(origin, max_requests_per_second=10, timing=Timing(flush_after_s=0.0))
        for number in range(6):
            sync.put(row(number))
            time.sleep(0.02)
        sync.end()
        spent_s = time.monotonic() - began
    assert ledger.accepted == 6
    assert spent_s >= (ledger.requests - 1) / 10


def test_the_end_of_the_log_tells_what_was_accepted_by_name_and_what_was_not(caplog: pytest.LogCaptureFixture) -> None:
    catalog = {"streams": [{"stream": {"name": name}} for name in ("a", "tracks")]}
    with segment(poison=b"poison") as (ledger, origin), caplog.at_level(logging.INFO):
        sync = Sync(origin, on_rejected="skip", catalog=catalog, timing=Timing(flush_after_s=30))
        for number in range(9):
            note = "poison" if number == 5 else "fine"
            sync.put(row(number, event_text="Odd" if number % 2 else "Even", note=note), row(number, "tracks"))
        sync.put(row(9, user_id=None), row(10, event_text="to a@b.example")).end()
    assert ledger.accepted == 9
    assert caplog.messages[-1] == (
        "Segment accepted 9 events (5 Even, 3 Odd, 1 whose name holds an address); "
        "2 were skipped because Segment would have dropped them (1 it has neither user_id nor anonymous_id, "
        "1 Segment answered 400); 9 rows that only repeat others were left out (tracks)."
    )


def test_the_end_of_the_log_tells_of_mapped_events_too(caplog: pytest.LogCaptureFixture) -> None:
    mapped = {"shape": "mapped", "event_name": "Row of {stream}", "timestamp": "timestamp", "user_id": "user_id"}
    with segment() as (_, origin), caplog.at_level(logging.INFO):
        Sync(origin, records=mapped).put(row(1), row(2), row(3, "b")).end()
    assert caplog.messages[-1] == "Segment accepted 3 events (2 Row of a, 1 Row of b)."


def test_the_end_of_the_log_tells_what_was_sent_again_and_for_how_long_that_was_waited(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faults = [Fault("batch", status(503), times=2), Fault("batch", status(429, retry_after="1"), nth=3)]
    with segment(*faults) as (_, origin), caplog.at_level(logging.INFO):
        Sync(origin, retry=RetryRule(first_wait_s=0.01), num_workers=1).put(row(1)).end()
    (line,) = [line for line in caplog.messages if line.startswith("Requests sent again")]
    assert line.startswith("Requests sent again: 3 (2 HTTP 503, 1 HTTP 429); waited for Segment: ")
    assert int(line.rpartition(": ")[2].removesuffix(" s.")) >= 1


def test_a_long_sync_says_how_far_it_is_and_what_it_waits_for(caplog: pytest.LogCaptureFixture) -> None:
    said = threading.Event()

    async def hold(exchange: Exchange) -> None:
        while not said.is_set():
            await asyncio.sleep(0.005)
        await exchange.pass_on()

    def was_said(beginning: str) -> bool:
        return any(line.startswith(f"1 events accepted so far; {beginning}") for line in caplog.messages)

    with segment(Fault("batch", hold, nth=2)) as (_, origin), caplog.at_level(logging.INFO):
        sync = Sync(origin, num_workers=1, timing=Timing(flush_after_s=0.0, say_every_s=0.02)).put(row(1), state(1))
        wait_until(lambda: was_said("nothing has come in for "), within_s=20)
        sync.put(row(2), state(2))
        wait_until(lambda: was_said("1 batches and 1 states are on the way."), within_s=20)
        said.set()
        sync.end()
    assert Timing().say_every_s < 30


def test_lines_about_waiting_are_bounded_by_time_and_not_by_the_number_of_troubles(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faults = [Fault("batch", status(503), nth=nth) for nth in range(1, 20, 2)]
    with segment(*faults) as (ledger, origin), caplog.at_level(logging.INFO):
        sync = Sync(origin, timing=Timing(flush_after_s=0.0, say_every_s=3_600), num_workers=1)
        for number in range(10):
            sync.put(row(number), state(number)).wait_for_state(number)
        sync.end()
    assert ledger.accepted == 10
    assert sum("accepted so far" in line for line in caplog.messages) <= 1
