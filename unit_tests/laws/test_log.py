"""What the log of a sync says is so: its numbers are those of the records and of the requests."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.happened import STREAMS
from mailjet_sandbox.sandbox import Sandbox


@pytest.fixture(autouse=True)
def _at_info(log_lines: list[str]) -> None:
    logging.getLogger("airbyte").setLevel(logging.INFO)


def line_of(log_lines: Sequence[str], beginning: str) -> str:
    (line,) = [line for line in log_lines if line.startswith(beginning)]
    return line


def numbers(line: str) -> dict[str, int]:
    """`Asked Mailjet 5 times: 4 message, 1 contact.` as message 4, contact 1."""
    listing = line.partition(": ")[2]
    found = re.findall(r"([\d,]+) ([a-z][^,;.]*)", listing)
    return {name: int(number.replace(",", "")) for number, name in found}


def requests_by_resource(sandbox: Sandbox) -> Counter[str]:
    return Counter(one.path.split("/")[3] for one in sandbox.requests)


def test_events_and_requests_are_counted_as_they_were(read: Any, log_lines: list[str]) -> None:
    with Sandbox(seed=41, messages=900, days=4, days_ahead=1) as sandbox:
        first = read(sandbox)
        assert numbers(line_of(log_lines, "Asked Mailjet")) == requests_by_resource(sandbox)
        log_lines.clear()
        sandbox.reset_requests()
        sandbox.now += timedelta(hours=23)
        second = read(sandbox, first.state)
        assert numbers(line_of(log_lines, "Asked Mailjet")) == requests_by_resource(sandbox)
    emitted = line_of(log_lines, "Emitted ")
    assert second.count > 20
    assert emitted.startswith(f"Emitted {second.count // 2:,} events: ")
    assert emitted.endswith("; all in tracks too.")
    assert {kind: numbers(emitted)[kind] for kind in STREAMS} == {
        kind: len(second.records[stream]) for kind, stream in STREAMS.items()
    }
    assert numbers(line_of(log_lines, "Left out"))["emitted by an earlier sync"] > 0
    assert "(1 d), 1 h of it again for rows that are listed late." in line_of(log_lines, "Window of ")


def test_tracks_that_starts_later_has_numbers_of_its_own(read: Any, log_lines: list[str]) -> None:
    with Sandbox(seed=42, messages=300) as sandbox:
        first = read(sandbox, streams=["email_opened"])
        log_lines.clear()
        synced = read(sandbox, first.state, streams=["email_opened", "tracks"])
    assert synced.ids("email_opened") == []
    told = line_of(log_lines, "Emitted ")
    assert told.startswith(f"Emitted 0 events: 0 opened; {synced.count:,} to tracks: ")


def test_what_is_left_out_is_told_with_the_reason(read: Any, log_lines: list[str]) -> None:
    with Sandbox(seed=3, messages=1_500) as sandbox:
        read(sandbox, streams=["email_unsubscribed", "email_bounced"])
        happened = sandbox.truth()
        complaints = {one.id for one in happened if one.kind == "spam" and not one.beyond_rest}
        told = numbers(line_of(log_lines, "Left out"))
        assert told["of streams that are not selected"] == len(complaints) > 0
        assert told["bounces of messages that Mailjet never sent"] > 0

        log_lines.clear()
        late = sandbox.now - timedelta(days=3)
        synced = read(sandbox, streams=["email_unsubscribed"], start=late)
        early = [
            one for one in happened if one.kind in ("unsubscribed", "spam") and not one.beyond_rest and one.at < late
        ]
        assert synced.failed is None
        assert numbers(line_of(log_lines, "Left out"))["before start_date"] == len(early) > 0


def test_events_of_streams_that_are_not_selected_cost_no_requests(read: Any) -> None:
    with Sandbox(seed=3, messages=1_500) as sandbox:
        read(sandbox, streams=["email_marked_as_spam"])
        happened = [one for one in sandbox.truth() if not one.beyond_rest]
        unwanted = {one.contact_id for one in happened if one.kind == "unsubscribed"} - {
            one.contact_id for one in happened if one.kind == "spam"
        }
        single = {one.path.split("/")[-1] for one in sandbox.requests if "/contactdata/" in one.path}
    assert unwanted
    assert not single & unwanted


def test_a_fault_that_stays_is_logged_once_and_counted(read: Any, log_lines: list[str]) -> None:
    with Sandbox(seed=43, messages=300, faults=[Fault("clickstatistics", status(503), times=None)]) as sandbox:
        synced = read(sandbox)
        tries = requests_by_resource(sandbox)["clickstatistics"]
    assert synced.failed
    assert sum("trying again" in line for line in log_lines) == 1
    assert line_of(log_lines, "Tried again") == f"Tried again: {tries - 1} clickstatistics, as Mailjet answered 503."
    assert line_of(log_lines, "Not read to the end").endswith(": clicks.")
