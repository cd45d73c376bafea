"""The loop that joins input, workers and states: one thread decides, all others only send.

It waits for two things at once, the input and events of the workers. So a batch goes out on time if the input is quiet,
and a state goes back as soon as the last batch before it is settled.
"""

from __future__ import annotations

import logging
import select
import threading
from collections.abc import Callable
from dataclasses import dataclass

from destination_segment.intake import InputRefused, Intake
from destination_segment.line_reader import LineReader
from destination_segment.mailbox import Mailbox
from destination_segment.states import States
from destination_segment.tally import Tally
from program.failure import Failure
from segment_api.acknowledgement import Acknowledgement
from segment_api.packer import Batch, Packer
from segment_api.verdict import explain, name_event
from segment_api.workers import Crashed, Settled, Waits, WorkerEvent, Workers


@dataclass(frozen=True)
class Timing:
    """When the loop acts by the clock."""

    flush_after_s: float = 1.0
    """Age at which a batch goes out as it is, if a worker is free; a state waits so long at most for its batch."""
    say_every_s: float = 25.0
    """Seconds between two lines of progress in the log: never more than 30 s go by without a line."""
    grace_s: float = 25.0
    """Seconds that a sync that ends early waits for the requests under way; container platforms kill after 30 s."""


@dataclass(frozen=True)
class Stop:
    """A signal asked the process to end."""

    signal: int


WriterEvent = WorkerEvent | Stop


class Writer:
    """One sync, from the first line of the input to the last state."""

    def __init__(
        self,
        reader: LineReader,
        intake: Intake,
        packer: Packer,
        states: States,
        tally: Tally,
        workers: Workers,
        mailbox: Mailbox[WriterEvent],
        stopped: threading.Event,
        *,
        emit: Callable[[str], None],
        log: logging.Logger,
        clock: Callable[[], float],
        timing: Timing,
    ) -> None:
        """`stopped`, once set, ends the waits of the workers; `emit` prints a line for the platform and flushes it."""
        self._reader, self._intake, self._packer = reader, intake, packer
        self._states, self._tally = states, tally
        self._workers, self._mailbox, self._stopped = workers, mailbox, stopped
        self._emit, self._log, self._clock, self._timing = emit, log, clock, timing
        self._settled = Acknowledgement()
        self._outstanding = 0
        self._troubles: dict[int, tuple[str, float]] = {}
        self._troubled_since = 0.0
        self._quiet_since = clock()
        self._say_at = self._quiet_since + timing.say_every_s
        self._warn_at = self._quiet_since
        self._reading = True
        self._failure: Failure | None = None
        self._signal: int | None = None
        self._give_up_at: float | None = None

    def run(self) -> int | None:
        """Writes everything; returns the signal that ended it early, if there was one. Raises `Failure`."""
        while not self._is_over():
            self._send_what_is_due()
            self._wait()
            self._echo()
            self._say_how_it_goes()
        self._workers.close()
        self._note_end_of_trouble(bool(self._troubles))
        self._log.info(self._tally.troubles())
        self._log.info(self._tally.summary())
        if self._failure:
            raise self._failure
        return self._signal

    @property
    def all_settled(self) -> bool:
        """Whether no worker has a batch any more, so that no worker will post an event."""
        return not self._outstanding

    def _is_over(self) -> bool:
        if self._stopped.is_set():
            return not self._outstanding or self._clock() >= (self._give_up_at or 0.0)
        return not (self._reading or self._outstanding or self._packer.open_since is not None)

    def _wait(self) -> None:
        mail, lines = self._mailbox.fileno(), self._reader.fileno()
        ready, _, _ = select.select([mail, lines] if self._has_room() else [mail], [], [], self._timeout_s())
        if mail in ready:
            for event in self._mailbox.take():
                self._handle(event)
        if lines in ready and self._reading:
            self._read()

    def _has_room(self) -> bool:
        """Reading goes on while there is at most one batch in reserve for each worker, and room for states."""
        return self._reading and self._outstanding < 2 * self._workers.count and not self._states.heavy

    def _timeout_s(self) -> float:
        moments = [self._due_at(), self._give_up_at, self._say_at, self._warn_at if self._troubles else None]
        return max(0.0, min(moment for moment in moments if moment is not None) - self._clock())

    def _due_at(self) -> float | None:
        """When the batch that is being filled must go out as it is; None while no worker is free to take it."""
        opened = self._packer.open_since
        if opened is None or self._outstanding >= self._workers.count:
            return None
        # If nothing more is read, the batch cannot grow, so it goes at once.
        return opened + (self._timing.flush_after_s if self._reading and not self._states.heavy else 0.0)

    def _send_what_is_due(self) -> None:
        due_at = self._due_at()
        if due_at is not None and self._clock() >= due_at:
            self._submit(self._packer.seal())

    def _submit(self, batch: Batch | None) -> None:
        if batch and not self._stopped.is_set():
            self._outstanding += 1
            self._workers.submit(batch)

    def _read(self) -> None:
        self._quiet_since = self._clock()
        try:
            for line in self._reader.read():
                if batch := self._intake.take(line):
                    self._submit(batch)
            if self._reader.ended:
                self._reading = False
                self._submit(self._intake.take(self._reader.unfinished(), is_whole=False))
                self._note_incomplete()
        except InputRefused as refused:
            self._reading = False
            self._failure = self._failure or Failure(str(refused))

    def _note_incomplete(self) -> None:
        if self._intake.incomplete:
            self._log.warning(
                f"The source did not say that these streams are complete: {', '.join(self._intake.incomplete)}; "
                "if it failed, its own output says why."
            )

    def _handle(self, event: WriterEvent) -> None:
        if isinstance(event, Settled):
            self._settle(event)
        elif isinstance(event, Waits):
            self._note_trouble(event)
        elif isinstance(event, Crashed):
            raise event.error
        elif not self._stopped.is_set():
            self._signal = event.signal
            self._log.info(f"Stopped by signal {event.signal}: finishing what is on its way to Segment.")
            self._end_early(None)

    def _settle(self, event: Settled) -> None:
        batch, settlement = event.batch, event.settlement
        self._outstanding -= 1
        self._quiet_since = self._clock()
        was_troubled = self._troubles.pop(batch.start, None) is not None
        self._note_end_of_trouble(was_troubled and not self._troubles)
        self._settled.settle(batch.start, batch.start + settlement.settled)
        self._tally.settle(batch.events[: settlement.settled], [place for *_, place in settlement.skipped])
        for event_id, reason, _ in settlement.skipped:
            self._tally.skip(name_event(event_id), reason)
        self._packer.reuse(batch)
        failure = explain(settlement)
        if failure and not self._stopped.is_set():
            self._end_early(failure)

    def _end_early(self, failure: Failure | None) -> None:
        self._failure = self._failure or failure
        self._reading = False
        self._packer.seal()  # the batch is dropped: no state that covers it is echoed, so the next sync sends it
        self._stopped.set()
        self._give_up_at = self._clock() + self._timing.grace_s

    def _echo(self) -> None:
        for line in self._states.release(self._settled.upto):
            self._emit(line)

    def _note_trouble(self, event: Waits) -> None:
        now = self._clock()
        if not self._troubles:
            self._troubled_since = now
        _, since = self._troubles.get(event.batch.start, ("", now))
        self._troubles[event.batch.start] = (event.reason, since)
        self._tally.try_again(event.reason)

    def _note_end_of_trouble(self, is_over: bool) -> None:
        if is_over:
            self._tally.waited_s += self._clock() - self._troubled_since

    def _say_how_it_goes(self) -> None:
        now = self._clock()
        if now < self._say_at and not (self._troubles and now >= self._warn_at):
            return
        self._say_at = now + self._timing.say_every_s
        accepted = f"{self._tally.accepted:,} events accepted so far"
        if self._troubles:
            self._warn_at = self._say_at
            reason, since = min(self._troubles.values(), key=lambda trouble: trouble[1])
            self._log.warning(
                f"Waiting for Segment for {now - since:.0f} s ({reason}); {len(self._troubles)} batches are tried "
                f"again, {self._states.waiting} states wait for them; {accepted}."
            )
        elif self._outstanding:
            self._log.info(f"{accepted}; {self._outstanding} batches and {self._states.waiting} states are on the way.")
        else:
            self._log.info(f"{accepted}; nothing has come in for {now - self._quiet_since:.0f} s.")
