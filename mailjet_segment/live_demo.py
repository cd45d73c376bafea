"""`mailjet-segment demo --live`: a day of mail in seconds, as Mailjet posts it, and each event at Segment at once.

Sandbox, webhooks, a collector's process, Segment's stand-in; then a comparison with the true events. It needs no
PyAirbyte, so it runs on every Python that this project supports.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.collector_process import CollectorPlace, free_place, metric, running_collector
from mailjet_segment.comparison import compare, event_ids, say_comparison
from mailjet_segment.progress import Progress, Step, make_console
from mailjet_segment.sandbox_command import collector_config
from mailjet_segment.scratch import make_scratch
from mailjet_segment.stopping import stop_on_signal
from mailjet_segment.summary import to_calls_table
from mailjet_segment.webhooks_command import run_webhooks
from program.failure import Failure

MESSAGES = 1_000
LASTS = timedelta(days=1)
IN_S = 15.0
"""Seconds that the account's day takes."""
ARRIVES_S = 20.0
"""How long the last events may take."""
LOOK_EVERY_S = 0.1


def run_live_demo(directory: Path) -> None:
    """Runs it, leaving the store in `directory`; raises `Failure` if a step fails or an event is missing."""
    progress = Progress(make_console(), time.monotonic)
    store, scratch, place = _fresh_store(directory, progress), make_scratch(), free_place()
    with stop_on_signal() as stop, Sandbox(messages=MESSAGES, days=LASTS / timedelta(days=1)) as sandbox:
        sandbox.now = sandbox.start
        config = scratch / "collector.json"
        config.write_text(json.dumps(_config(sandbox, store, place)))
        progress.say(f"A made-up Mailjet account at {sandbox.mailjet_url}, a stand-in for Segment at")
        progress.say(f"{sandbox.segment_url}, and a collector: {place.admin_url} is its page while this runs.")
        with running_collector(config, place, scratch / "collector.log"):
            progress.say("\nmailjet-segment webhooks register", style="bold")
            run_webhooks("register", config, False, False)
            progress.say(f"\nA day of mail in {IN_S:.0f} s, as Mailjet posts it", style="bold")
            with progress.step("Events at Segment's stand-in") as step, sandbox.posting():
                _live(sandbox, step, stop)
                _wait(len(_ids(sandbox)), sandbox, step, stop)
            mean_s = metric(place, "lag_seconds_sum") / max(1.0, metric(place, "lag_seconds_count"))
        if stop.is_set():
            raise Failure(f"Stopped. What had come is in {store}.")
        _summarize(sandbox, mean_s, progress)
        progress.say(f"The events are in {store}, which any SQLite shell opens: SELECT * FROM mailjet_sandbox_tracks")
        _compare(sandbox, progress)


def _live(sandbox: Sandbox, step: Step, stop: threading.Event) -> None:
    """Moves the account's clock through its day."""
    began_s = time.monotonic()
    while (passed := (time.monotonic() - began_s) / IN_S) < 1 and not stop.wait(LOOK_EVERY_S):
        sandbox.now = sandbox.start + LASTS * passed
        _show(sandbox, step)
    sandbox.now = sandbox.start + LASTS


def _wait(wanted: int, sandbox: Sandbox, step: Step, stop: threading.Event) -> None:
    until_s = time.monotonic() + ARRIVES_S
    while sandbox.segment.accepted < wanted and time.monotonic() < until_s and not stop.wait(LOOK_EVERY_S):
        _show(sandbox, step)
    _show(sandbox, step)


def _show(sandbox: Sandbox, step: Step) -> None:
    step.add(sandbox.segment.accepted - step.count)
    step.note(f"it is {sandbox.now:%H:%M} at Mailjet, {sandbox.posted.accepted:,} events were posted")


def _summarize(sandbox: Sandbox, mean_s: float, progress: Progress) -> None:
    progress.console.print()
    progress.console.print(to_calls_table("Accepted by Segment's stand-in", sandbox.segment.events))
    progress.say(
        f"\n{sandbox.posted.tries:,} posts with {sandbox.posted.accepted:,} events were answered 200. From its post to "
        f"Segment an event took {mean_s:.2f} s on average."
    )
    progress.say(f"Mailjet was asked {sandbox.request_count:,} times: who somebody is, and which address gets posts.")


def _compare(sandbox: Sandbox, progress: Progress) -> None:
    posted = [replace(event, beyond_rest=False) for event in sandbox.truth()]
    comparison = compare(posted, event_ids(sandbox.segment.message_ids))
    say_comparison("At Segment", comparison, progress)
    comparison.refuse_difference()


def _ids(sandbox: Sandbox) -> set[str]:
    return {event.id for event in sandbox.truth()}


def _config(sandbox: Sandbox, store: Path, place: CollectorPlace) -> dict[str, object]:
    return {
        **collector_config(sandbox),
        "store": f"sqlite:///{store.resolve()}",
        "public_url": place.url,
        "completeness_minutes": 0,
    }


def _fresh_store(directory: Path, progress: Progress) -> Path:
    """Each demo has an account of its own, so the store of the last one goes."""
    directory.mkdir(parents=True, exist_ok=True)
    store = directory / "mailjet-live-demo.db"
    if store.exists():
        progress.say(f"{store} of the last demo is replaced.")
    for path in directory.glob(f"{store.name}*"):
        path.unlink()
    return store
