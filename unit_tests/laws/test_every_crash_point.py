"""A crash of the source after each message that it prints, then a resume: nothing is lost, nothing is made up.

What a killed process leaves behind is a prefix of what it prints, whatever moment it is killed at, and of that prefix
the next sync sees the last state of each stream and nothing else. So one sync is cut after each of its messages, and
whatever differs in its states is resumed. The other law, that a stop leaves no sync hanging, is tested by real stops.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteMessage, AirbyteStateMessage, Type

from mailjet_rest.client import Patience
from mailjet_sandbox.happened import STREAMS, Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.conftest import SEGMENT_STREAMS
from unit_tests.series import cases

TruthOf = Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]
States = Mapping[str, AirbyteStateMessage]
Records = dict[str, dict[str, dict[str, Any]]]
"""By stream and id."""

MANY_OF_ALL = Rates(late=0.15, unsubscribed=0.08, spam=0.04, bounced=0.1, clicked=0.25, erased=0.15)
EMAILS = 40
LONG_LOOKBACK = {"lookback_minutes": 1_440}
"""So that among few events there are some that the next sync lists again."""
OTHER_EACH_TIME = {"received_at", "sent_at"}


@pytest.fixture
def patient(read: Any) -> Any:
    """Runs syncs as they run in production: a machine that is busy for a second must not fail one."""
    return replace(read, patience=Patience())


@contextmanager
def small_account() -> Iterator[Sandbox]:
    """Few emails with events of all kinds, late deliveries before and after the clock, a person who was erased."""
    with Sandbox(seed=8, messages=EMAILS, days=4, days_ahead=2, rates=MANY_OF_ALL) as sandbox:
        truth = sandbox.truth()
        erased = {str(contact.id) for contact in sandbox.account.contacts if contact.erased}
        assert {one.kind for one in truth} == set(STREAMS)
        assert any(one.pending_until for one in truth)
        assert any(one.contact_id in erased for one in truth)
        yield sandbox


@dataclass
class Syncs:
    """Runs whole syncs of an account, each state once as long as neither the clock nor the configuration changes."""

    read: Any
    sandbox: Sandbox
    config: Mapping[str, Any] = field(default_factory=dict)
    _known: dict[str, list[AirbyteMessage]] = field(default_factory=dict)

    def after(self, states: States) -> list[AirbyteMessage]:
        """All that a sync prints which begins with these states."""
        key = spell(states)
        if key not in self._known:
            printed: list[AirbyteMessage] = []
            config = {**LONG_LOOKBACK, **self.config}
            synced = self.read(self.sandbox, list(states.values()), on_message=printed.append, **config)
            assert synced.failed is None
            self._known[key] = printed
        return self._known[key]


def spell(states: States) -> str:
    """What the states say, without what is counted beside them."""
    return json.dumps({name: _blob(message) for name, message in states.items()}, sort_keys=True, default=vars)


def _blob(message: AirbyteStateMessage) -> Any:
    assert message.stream
    return message.stream.stream_state


def last_states(printed: Sequence[AirbyteMessage], before: States) -> States:
    """The state of each stream that a platform holds when it has seen this much."""
    after = dict(before)
    for message in printed:
        if message.state and message.state.stream:
            after[message.state.stream.stream_descriptor.name] = message.state
    return after


def records(printed: Sequence[AirbyteMessage]) -> Records:
    """The records of a sync; one that it emits twice is a defect."""
    found: Records = {stream: {} for stream in SEGMENT_STREAMS}
    for message in printed:
        if message.record:
            assert message.record.data["id"] not in found[message.record.stream]
            found[message.record.stream][message.record.data["id"]] = dict(message.record.data)
    return found


def committed(printed: Sequence[AirbyteMessage]) -> Records:
    """The records that a state of their stream covers: a destination may drop the others when the source dies."""
    ends = {stream: 0 for stream in SEGMENT_STREAMS}
    for number, message in enumerate(printed):
        if message.state and message.state.stream:
            ends[message.state.stream.stream_descriptor.name] = number
    return {stream: records(printed[:end])[stream] for stream, end in ends.items()}


def require_whole(parts: Sequence[Sequence[AirbyteMessage]], before: Records, happened: Sequence[Happened]) -> None:
    """Holds what syncs printed, all but the last of them cut off, against what happened."""
    told = {stream: {one.id for one in happened if one.stream == stream} for stream in STREAMS.values()}
    must = {stream: {one.id for one in happened if one.stream == stream and not one.beyond_rest} for stream in told}
    told["tracks"], must["tracks"] = set().union(*told.values()), set().union(*must.values())
    kept = [before, *(committed(part) for part in parts[:-1]), records(parts[-1])]
    for stream in SEGMENT_STREAMS:
        assert not must[stream] - set().union(*(one[stream] for one in kept)), f"{stream} lost events"
        seen: dict[str, dict[str, Any]] = {}
        for part in [before, *map(records, parts)]:
            assert part[stream].keys() <= told[stream], f"{stream} has events that did not happen"
            for event_id, record in part[stream].items():
                same = seen.setdefault(event_id, record)
                assert _lasting(same) == _lasting(record), f"{stream} has two contents for one id"


def _lasting(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in OTHER_EACH_TIME}


def require_converged(syncs: Syncs, states: States) -> None:
    """Syncs with nothing new emit nothing, and the second of them leaves the states as they are.

    The first may forget what its forerunner remembered beyond need: a late delivery's old time, where the look at what
    was pending ended after the windows.
    """
    again = syncs.after(states)
    assert not any(records(again).values())
    settled = last_states(again, states)
    once_more = syncs.after(settled)
    assert not any(records(once_more).values())
    assert spell(last_states(once_more, settled)) == spell(settled)


def crash_everywhere(
    printed: Sequence[AirbyteMessage], states: States, syncs: Syncs, before: Records, twice_each: int = 0
) -> int:
    """Crashes after each message of a sync that began with `states`, and resumes; gives the number of crashes.

    With `twice_each`, the resumed sync is crashed after each of its messages too, for every so many-th state.
    """
    happened = syncs.sandbox.truth(until=syncs.sandbox.now - timedelta(seconds=5))
    crashes = 0
    done: set[str] = set()
    for cut in range(len(printed) + 1):
        left = last_states(printed[:cut], states)
        rest = syncs.after(left)
        require_whole([printed[:cut], rest], before, happened)
        crashes += 1
        if spell(left) in done:
            continue
        done.add(spell(left))
        require_converged(syncs, last_states(rest, left))
        if twice_each and len(done) % twice_each == 1:
            for second in range(len(rest) + 1):
                again = last_states(rest[:second], left)
                last = syncs.after(again)
                require_whole([printed[:cut], rest[:second], last], before, happened)
                require_converged(syncs, last_states(last, again))
                crashes += 1
    return crashes


def count(printed: Sequence[AirbyteMessage], kind: Type) -> int:
    return sum(message.type is kind for message in printed)


@pytest.mark.parametrize("workers", [1, 8])
def test_a_first_sync_crashed_after_each_message_is_whole(patient: Any, workers: int) -> None:
    with small_account() as sandbox:
        syncs = Syncs(patient, sandbox, {"num_workers": workers})
        printed = syncs.after({})
        assert count(printed, Type.RECORD) >= 2 * EMAILS
        assert count(printed, Type.STATE) >= 2 * len(SEGMENT_STREAMS)
        crashes = crash_everywhere(printed, {}, syncs, records([]), twice_each=8 if workers == 8 else 0)
    assert crashes > len(printed) * (2 if workers == 8 else 1)


def test_a_later_sync_crashed_after_each_message_and_resumed_hours_later_is_whole(patient: Any) -> None:
    """Late deliveries are looked for, engagements of older sends too, and the lookback is read again."""
    with small_account() as sandbox:
        first = Syncs(patient, sandbox).after({})
        before, states = records(first), last_states(first, {})
        sandbox.now += timedelta(days=1, hours=20)
        printed = Syncs(patient, sandbox).after(states)
        late = {one.id for one in sandbox.truth() if one.kind == "delivered" and one.pending_until}
        assert late & (records(printed)["email_delivered"].keys() - before["email_delivered"].keys())
        sandbox.now += timedelta(hours=6)
        crashes = crash_everywhere(printed, states, Syncs(patient, sandbox), before, twice_each=12)
    assert crashes > len(printed) * 1.5


def test_a_sync_that_fills_gaps_crashed_after_each_message_is_whole(patient: Any) -> None:
    """An earlier start and a later end: what is missing lies on both sides of what was read, in a part each."""
    with small_account() as sandbox:
        start, end = sandbox.start + timedelta(days=1), sandbox.start + timedelta(days=2)
        middle: list[AirbyteMessage] = []
        patient(
            sandbox, on_message=middle.append, **LONG_LOOKBACK, start=start, end_date=end.strftime("%Y-%m-%dT%H:%M:%SZ")
        )
        before, states = records(middle), last_states(middle, {})
        assert any(before.values())
        syncs = Syncs(patient, sandbox)
        printed = syncs.after(states)
        assert count(printed, Type.STATE) > 3 * len(SEGMENT_STREAMS)
        crashes = crash_everywhere(printed, states, syncs, before)
    assert crashes > len(printed)


@pytest.mark.parametrize("step", cases([1, 3], always=[3]), ids=["each message", "each third message"])
def test_a_source_that_is_stopped_after_each_message_ends_and_resumes(patient: Any, step: int) -> None:
    """As above, but each time by a sync of its own that is really stopped, as by a reader that goes away."""
    with small_account() as sandbox:
        syncs = Syncs(patient, sandbox)
        happened = sandbox.truth(until=sandbox.now - timedelta(seconds=5))
        whole = len(syncs.after({}))
        for until in range(1, whole, step):
            printed: list[AirbyteMessage] = []
            patient(sandbox, until=until, on_message=printed.append, **LONG_LOOKBACK, num_workers=1 + until % 8)
            require_whole([printed, syncs.after(last_states(printed, {}))], records([]), happened)
    assert whole > 2 * EMAILS
