"""Segment gets an account's events while they are read, and until it has all of them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

from event_store.errors import StoreError
from event_store.leadership import Leadership
from event_store.store import Store
from mailjet_collector.forwarding import Forwarding
from mailjet_collector.pipeline import Listener, Sent
from mailjet_segment.progress import Progress, Step
from mailjet_segment.sync.plan import Segment
from mailjet_segment.warnings_shown import LOG
from program.failure import Failure, unexpected
from segment_api.endpoint import Endpoint
from segment_api.probe import TIMEOUT_S, probe

EARLY = "Handing over to Segment ended early, the next sync goes on from there"


class HandingOver:
    """Sends one account's events, in a thread of its own; `join` waits for it.

    `accepted`: calls by the event's name; `failure`: a sentence, if it ended early.
    """

    def __init__(
        self, segment: Segment, store: Store, leader: Leadership, step: str, progress: Progress, stop: threading.Event
    ) -> None:
        """`step`: its name for people."""
        self._segment, self._leader, self._title, self._progress, self._stop = segment, leader, step, progress, stop
        self._listener = _Accepted()
        self._forwarding = Forwarding(leader.account, segment.source, store, self._listener, LOG, segment.manner)
        self._complete = threading.Event()
        self.failure: str | None = None
        self._thread = threading.Thread(target=self._run, name="handing over", daemon=True)
        self._thread.start()

    @property
    def accepted(self) -> Counter[str]:
        """Calls that Segment took, by the event's name."""
        return self._listener.accepted

    @property
    def left_out(self) -> int:
        """Events that Segment would drop, or refused alone."""
        return self._listener.left_out

    def wake(self) -> None:
        """Says that events were stored; any thread may."""
        self._forwarding.wake()

    def finish(self) -> None:
        """Says that no more events come."""
        self._complete.set()
        self.wake()

    def join(self) -> None:
        """Waits until Segment has all that is stored, or `stop` is set, or it failed."""
        self.finish()
        self._thread.join()

    def _run(self) -> None:
        with self._progress.step(self._title) as step:
            self._listener.step = step
            try:
                if self._forwarding.is_new():
                    _probe(self._segment, self._stop)
                self._forwarding.run_to_the_end(self._leader, self._stop, self._complete)
            except (Failure, StoreError) as failure:
                self.failure = f"{EARLY}: {failure.sentence}"
            except Exception as error:
                self.failure = f"{EARLY}: {unexpected(error).sentence}"
            if left_out := self._listener.left_out:
                step.warn(f"Events left out, because Segment would drop or refuses them: {left_out:,}.")


class _Accepted(Listener):
    """Counts the events that Segment took."""

    def __init__(self) -> None:
        self.step: Step | None = None
        self.accepted: Counter[str] = Counter()
        self.left_out = 0

    def settle(self, accepted: Sequence[Sent], left_out: int) -> None:
        self.accepted.update(call.event_text for call in accepted)
        self.left_out += left_out
        if self.step:
            self.step.add(len(accepted))

    def fall_behind(self, seconds: float) -> None:
        """Nobody waits for the events of a sync."""


def _probe(segment: Segment, stop: threading.Event) -> None:
    """Finds a wrong address in seconds, before the first use, and not after all retries."""
    source = segment.source
    endpoint = Endpoint(source.api_url, source.write_key, TIMEOUT_S, user_agent=segment.manner.user_agent)
    is_reached, sentence = probe(endpoint.post, source.api_url, stop.wait)
    if not is_reached:
        raise Failure(sentence)
