"""Asks the questions that only the user can answer, finds out the rest, tests both sides, and writes both files."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from destination_segment.config import parse_config as parse_destination
from mailjet_collector.config import SegmentConfig
from mailjet_reading.lookups.contact_property import list_properties
from mailjet_rest.client import Mailjet
from mailjet_segment.configurations import DESTINATION_VARIABLES, SOURCE_VARIABLES
from mailjet_segment.doctor.examination import Examination
from mailjet_segment.doctor.mailjet import examine_account
from mailjet_segment.doctor.report import print_findings
from mailjet_segment.doctor.segment import examine_segment
from mailjet_segment.first_steps.questions import Nobody, Questions, Terminal
from mailjet_segment.first_steps.user_id import guess_property
from mailjet_segment.hosts import HOSTS, find_host
from mailjet_segment.private_file import write_private
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.warnings_shown import showing_warnings
from program.failure import Failure
from segment_api.regions import ORIGIN_BY_LOCATION
from segment_events.instants import format_instant
from source_mailjet_segment.check import CHECK_PATIENCE
from source_mailjet_segment.config import parse_config

NO_PROPERTY = "none"
"""The answer for an account without user ids."""
TRIES = 3
FIRST_DAYS = 30
"""How far back events are read, unless the user says otherwise."""

Raw = dict[str, Any]


@dataclass(frozen=True)
class Wishes:
    """The answers on the command line; None or empty if the answer is found out or asked."""

    folder: Path = Path()
    hosts: Sequence[str] = ()
    start: datetime | None = None
    property: str | None = None
    region: str | None = None
    wants_segment: bool = True
    overwrites: bool = False
    asks: bool = True


def run_init(wishes: Wishes, environment: Mapping[str, str] = os.environ) -> None:
    """Writes `source.json`, and `destination.json` if there is a write key; raises `Failure` before it has written."""
    questions: Questions = Terminal() if wishes.asks else Nobody()
    progress = Progress(make_console(), time.monotonic)
    files = {"source": wishes.folder / "source.json", "destination": wishes.folder / "destination.json"}
    _may_be_written(files["source"], wishes, questions)
    with showing_warnings(progress):
        source = _make_source(wishes, questions, environment, progress)
        destination = _make_destination(wishes, questions, environment, progress, files["destination"])
    write_private(files["source"], source)
    if destination:
        write_private(files["destination"], destination)
    written = [path for name, path in files.items() if name == "source" or destination]
    progress.say(f"Written, for you alone to read: {', '.join(map(str, written))}.\n\nNext:")
    progress.say(shlex.join(_next_command(files, bool(destination))))


def _may_be_written(path: Path, wishes: Wishes, questions: Questions) -> None:
    if (
        path.exists()
        and not wishes.overwrites
        and not questions.confirm(f"{path} exists. Overwrite it?", "--overwrite")
    ):
        raise Failure(f"{path} stays as it is; give another --directory.")


def _make_source(wishes: Wishes, questions: Questions, environment: Mapping[str, str], progress: Progress) -> Raw:
    raw = _find_account(wishes, questions, environment, progress)
    start = wishes.start or _days_ago(FIRST_DAYS)
    if wishes.start is None:
        start = _ask_start(questions, start)
    raw = {**raw, "start_date": format_instant(start), "user_id": _choose_user_id(raw, wishes, questions, progress)}
    config, found = parse_config(raw), Examination()
    with progress.step("Requests to Mailjet") as step:
        examine_account(config, "Mailjet", (), found, step.add)
    print_findings(found, progress)
    _refuse_ill(found)
    return raw


def _find_account(wishes: Wishes, questions: Questions, environment: Mapping[str, str], progress: Progress) -> Raw:
    """The keys, and the host that takes them; keys that are refused are asked for again."""
    hosts = tuple(wishes.hosts) or HOSTS
    for tries_left in reversed(range(TRIES if wishes.asks else 1)):
        keys = {}
        for name, what in (
            ("api_key", "Mailjet API key (in Mailjet: Account settings, API key management)"),
            ("api_key_secret", "Mailjet secret key"),
        ):
            variable = SOURCE_VARIABLES[name]
            keys[name] = environment.get(variable) or questions.ask_secret(what, variable)
        with progress.step("Requests to find the host") as step:
            search = find_host(hosts, keys["api_key"], keys["api_key_secret"])
            step.add(search.requests)
        if search.host:
            progress.say(f"The account is at {search.host}.")
            return {**keys, "api_url": search.host}
        if search.unreached and not search.refused:
            raise Failure(search.unreached[0])
        sentence = f"Mailjet refused the keys (401) at {', '.join(search.refused)}"
        is_fixed = all(environment.get(variable) for variable in SOURCE_VARIABLES.values())
        if not tries_left or is_fixed:
            break
        progress.warn(f"{sentence}: type them again.")
    raise Failure(f"{sentence}: copy both again from Mailjet's API key management.")


def _days_ago(days: int) -> datetime:
    today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days)


def _ask_start(questions: Questions, default: datetime) -> datetime:
    while True:
        answer = questions.ask("Read events since (a date, midnight UTC)", f"{default:%Y-%m-%d}")
        try:
            return datetime.strptime(answer, "%Y-%m-%d").replace(tzinfo=timezone.utc)
        except ValueError:
            print("Write it as 2026-01-31.")


def _choose_user_id(raw: Raw, wishes: Wishes, questions: Questions, progress: Progress) -> Raw:
    """The contact property with the user ids: as wished, else the likeliest, which a person may change."""
    name = wishes.property
    if name is None:
        api = Mailjet(raw["api_url"], raw["api_key"], raw["api_key_secret"], 10, CHECK_PATIENCE)
        with closing(api):
            listed = [found.name for found in list_properties(api)]
        guess = guess_property(listed)
        if listed:
            progress.say(f"Contact properties of the account: {', '.join(listed)}.")
        name = questions.ask(
            f"The one that holds your user ids ('{NO_PROPERTY}': all are anonymous, by address)", guess or NO_PROPERTY
        )
        progress.say(f"User ids come from: {name}.")
    return {"from": "none"} if name == NO_PROPERTY else {"from": "contact_property", "property": name}


def _make_destination(
    wishes: Wishes, questions: Questions, environment: Mapping[str, str], progress: Progress, path: Path
) -> Raw | None:
    """None without a write key: then events go to tables alone."""
    if not wishes.wants_segment:
        return None
    variable = DESTINATION_VARIABLES["write_key"]
    key = environment.get(variable) or questions.ask_secret(
        "Segment write key (in Segment: your source, Settings, API Keys; nothing: tables alone)",
        variable,
        is_optional=True,
    )
    if not key:
        return None
    _may_be_written(path, wishes, questions)
    region = wishes.region or questions.ask("Region of your Segment workspace: us, eu, or an address", "us")
    raw: Raw = {"write_key": key, "region": _to_region(region)}
    config = parse_destination(raw)
    found = Examination()
    with progress.step("Requests to Segment") as step:
        examine_segment(SegmentConfig(config.write_key, config.origin, None), found)
        step.add(found.requests["Segment"])
    print_findings(found, progress)
    _refuse_ill(found)
    return raw


def _to_region(text: str) -> Raw:
    if text.lower() in ORIGIN_BY_LOCATION:
        return {"location": text.lower()}
    return {"location": "other", "api_url": text}


def _refuse_ill(found: Examination) -> None:
    if urgent := found.of_level("mend"):
        raise Failure(f"Nothing was written: {urgent[0].sentence} {urgent[0].remedy}")


def _next_command(files: Mapping[str, Path], has_destination: bool) -> list[str]:
    destination = ["--destination-config", str(files["destination"])] if has_destination else []
    return ["mailjet-segment", "sync", "--source-config", str(files["source"]), *destination]
