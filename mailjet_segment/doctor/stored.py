"""The event store: its accounts, how far they were read, events that are held back, consumers that lack events. It only
reads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from event_store.errors import LaterStore, NoStore, StoreError
from event_store.store import Store
from mailjet_collector.config import SegmentConfig
from mailjet_collector.forwarding import consumer_name
from mailjet_reading.config import Config
from mailjet_reading.feeds.feeds import feeds_of
from mailjet_reading.state import parse_stream_state
from mailjet_rest.phrases import duration, stretch
from mailjet_segment.condition import Condition, read_condition
from mailjet_segment.doctor.examination import Examination
from mailjet_segment.store_place import READING, is_of_sync
from program.failure import ConfigurationError
from segment_events.kinds import TRACKS

HELD_BACK_S = 3_600
"""Time that was not read, beside the lookback. Less of it may be a sync that runs just now, or failed once."""


@dataclass(frozen=True)
class Patient:
    """An account as the store calls it, its configuration, and the Segment source that gets its events."""

    account: str
    config: Config
    segment: SegmentConfig | None


def examine_store(
    address: str, patients: Sequence[Patient], max_age: timedelta, now: datetime, found: Examination
) -> None:
    """`max_age`: a complete sync or post that is older means that no schedule runs."""
    try:
        with closing(Store(address, must_exist=True)) as store:
            names = store.account_names()
            for patient in patients:
                if patient.account in names:
                    _examine_account(store, patient, max_age, now, found)
                elif is_of_sync(patient.account) and any(map(is_of_sync, names)):
                    found.find("store-other-key", f"{store.name} holds the events of another Mailjet API key.")
                else:
                    found.find("store-missing", f"{store.name} has no events of the account {patient.account} yet.")
    except NoStore as error:
        found.find("store-missing", error.sentence)
    except LaterStore as error:
        found.find("store-later", error.sentence)
    except StoreError as error:
        found.find("store-broken", error.sentence)


def _examine_account(store: Store, patient: Patient, max_age: timedelta, now: datetime, found: Examination) -> None:
    before = len(found.findings)
    condition = read_condition(store, patient.account)
    if condition.kind == "sync":
        _look_at_state(store, patient, found)
    _look_at_last(condition, max_age, now, found)
    _look_at_readers(patient, condition, found)
    if rejected := condition.status.rejected:
        found.find("rejected-items", f"Account {patient.account}: {rejected:,} items came that are no events.")
    if len(found.findings) == before:
        found.fine.append(f"{store.name}: {condition.events:,} events of {patient.account}, nothing waits")


def _look_at_state(store: Store, patient: Patient, found: Examination) -> None:
    """Names time that lies before time that was read, and was not read itself."""
    config, feeds = patient.config, feeds_of(TRACKS)
    try:
        written = store.note(patient.account, READING) or {}
        states = parse_stream_state(TRACKS, written, feeds, config.api_key_digest)
    except ConfigurationError as error:
        found.find("state-unreadable", error.sentence)
        return
    newest = max(state.windows.read_until for state in states.values())
    for name, state in states.items():
        missing = state.windows.missing(config.start, newest, 0)
        if sum(until - since for since, until in missing) > config.lookback_s + HELD_BACK_S:
            found.find("state-held-back", f"Feed '{name}' has not read {stretch(missing)}.")


def _look_at_last(condition: Condition, max_age: timedelta, now: datetime, found: Examination) -> None:
    for failure in condition.last.failures if condition.last else ():
        found.find("sync-failed", f"The last sync did not do everything: {failure}")
    fresh = condition.fresh_at
    if fresh is None or now - fresh > max_age:
        what = "complete sync" if condition.kind == "sync" else "post or reading by REST"
        ago = f"was {duration((now - fresh).total_seconds())} ago" if fresh else "has not been yet"
        found.find("sync-old", f"Account {condition.account}: the last {what} {ago}.")


def _look_at_readers(patient: Patient, condition: Condition, found: Examination) -> None:
    segments = [reader for reader in condition.readers if reader.kind == "segment"]
    wanted = consumer_name(patient.segment) if patient.segment else None
    if wanted and segments and all(reader.consumer != wanted for reader in segments):
        others = ", ".join(sorted({reader.name for reader in segments}))
        found.find(
            "segment-new",
            f"This store has not sent to this write key and region, but to another one, at {others}.",
        )
    for reader in segments:
        if reader.consumer == wanted and reader.waiting:
            found.find("segment-waiting", f"{reader.waiting:,} events wait for Segment at {reader.name}.")
        if reader.consumer == wanted and reader.passed_over:
            found.find("events-left-out", f"{reader.passed_over:,} events were left out of Segment at {reader.name}.")
    for reader in condition.readers:
        if reader.kind == "target" and reader.waiting:
            found.find("target-behind", f"{reader.waiting:,} events are not in {reader.name} yet.")
