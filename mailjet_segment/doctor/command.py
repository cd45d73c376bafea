"""Examines one part after another, and prints the findings: those that must be mended come first."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from mailjet_collector.config import SegmentConfig
from mailjet_collector.surroundings import reading_config
from mailjet_reading.config import Config
from mailjet_segment.doctor.addresses import examine_addresses
from mailjet_segment.doctor.examination import Examination
from mailjet_segment.doctor.files import read_collector, read_segment, read_sources
from mailjet_segment.doctor.mailjet import examine_account
from mailjet_segment.doctor.report import print_findings, to_json
from mailjet_segment.doctor.segment import examine_segment
from mailjet_segment.doctor.stored import Patient, examine_store
from mailjet_segment.doctor.tables import examine_duckdb
from mailjet_segment.hosts import HOSTS
from mailjet_segment.loads.target import DEFAULT_DATABASE
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.store_place import account_name, store_address
from mailjet_segment.warnings_shown import showing_warnings
from program.failure import Failure

_NO_ANSWER = {"mailjet-unreachable", "mailjet-other-server", "mailjet-keys", "mailjet-host"}
"""With these, Mailjet cannot be asked for an account's addresses."""


@dataclass(frozen=True)
class Subject:
    """The files to examine: those of a sync, those of a collector, or both. `hosts` are tried if keys are refused."""

    sources: Sequence[Path] = ()
    destination: Path | None = None
    collector: Path | None = None
    database: Path | None = None
    store: str | None = None
    hosts: Sequence[str] = ()
    max_age: timedelta = timedelta(hours=26)


def run_doctor(subject: Subject, as_json: bool) -> None:
    """Examines and prints; raises `Failure` if something must be mended."""
    found = Examination()
    progress = Progress(make_console(quiet=as_json), time.monotonic)
    with showing_warnings(progress):
        _examine_sync(subject, found, progress)
        _examine_collector(subject, found, progress)
    if as_json:
        print(json.dumps(to_json(found)), flush=True)
    else:
        print_findings(found, progress)
        if not found.findings:
            progress.say("Nothing is wrong.")
    if urgent := len(found.of_level("mend")):
        raise Failure(f"{urgent} {'thing' if urgent == 1 else 'things'} must be mended.")


def _examine_sync(subject: Subject, found: Examination, progress: Progress) -> None:
    accounts = read_sources(list(subject.sources), found)
    segment = read_segment(subject.destination, found) if subject.destination else None
    for config, path in zip(accounts, subject.sources, strict=False):
        _ask_mailjet(config, f"Mailjet, {path}", subject, found, progress)
    if segment:
        _ask_segment(segment.source, found, progress)
    if accounts:
        database = subject.database or (None if subject.store else DEFAULT_DATABASE)
        source = segment.source if segment else None
        patients = [Patient(account_name(config), config, source) for config in accounts]
        now = datetime.now(timezone.utc)
        examine_store(store_address(subject.store, database), patients, subject.max_age, now, found)
        if database:
            examine_duckdb(database, found)


def _examine_collector(subject: Subject, found: Examination, progress: Progress) -> None:
    collector = read_collector(subject.collector, found) if subject.collector else None
    if collector is None:
        return
    patients = []
    for account in collector.accounts:
        config = reading_config(account)
        before = len(found.findings)
        _ask_mailjet(config, f"Mailjet, account {account.name}", subject, found, progress)
        if not _NO_ANSWER & {finding.ailment for finding in found.findings[before:]}:
            examine_addresses(account, collector.public_url, found)
        if account.segment:
            _ask_segment(account.segment, found, progress)
        patients.append(Patient(account.name, config, account.segment))
    examine_store(collector.store, patients, subject.max_age, datetime.now(timezone.utc), found)


def _ask_mailjet(config: Config, title: str, subject: Subject, found: Examination, progress: Progress) -> None:
    """Keys of a proxy or a stand-in are not tried at Mailjet's own hosts."""
    hosts = subject.hosts or (HOSTS if config.api_url in HOSTS else ())
    with progress.step(f"Requests to {title}") as step:
        examine_account(config, title, hosts, found, step.add)


def _ask_segment(segment: SegmentConfig, found: Examination, progress: Progress) -> None:
    with progress.step("Requests to Segment") as step:
        before = found.requests["Segment"]
        examine_segment(segment, found)
        step.add(found.requests["Segment"] - before)
