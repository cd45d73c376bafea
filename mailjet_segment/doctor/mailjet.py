"""One account at Mailjet: keys, host, permissions, clock, tracking, and how many contacts have a user id.

11 requests, if none is tried again. Mailjet's answers are those of its documentation; `docs/doctor.md` says which
of them nobody has tried.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing

from mailjet_reading.config import Config, refuse_future_start
from mailjet_reading.lookups.contact_property import Property, find_property, sentence_without
from mailjet_rest.client import Mailjet, Params
from mailjet_rest.errors import ForbiddenError, OtherServerError, RefusedKeysError, ThrottledError
from mailjet_rest.fields import read_flag, read_text
from mailjet_rest.outcome import Row
from mailjet_rest.phrases import duration
from mailjet_rest.windows import DAY_S
from mailjet_segment.doctor.examination import Examination
from mailjet_segment.hosts import find_host
from program.failure import Failure, FieldError
from source_mailjet_segment.check import CHECK_PATIENCE, RESOURCES

CLOCKS_APART_S = 300
"""Clocks that differ by more are named. A sync reads up to the earlier of the two."""
LOOKED_BACK_S = 30 * DAY_S
SAMPLE = 100
"""Messages whose tracking is looked at."""
CONTACTS = 1_000
"""Contacts whose user id is looked for: one page."""
LOW_COVERAGE = 0.5

Count = Callable[[int], None]


def examine_account(config: Config, title: str, hosts: Sequence[str], found: Examination, count: Count) -> None:
    """Asks Mailjet; `hosts` are tried if the one of the configuration refuses the keys. `count` hears of requests."""
    api = Mailjet(config.api_url, config.api_key, config.api_key_secret, config.max_requests_per_second, CHECK_PATIENCE)
    with closing(api):
        try:
            _Account(config, title, api, found).examine()
        except RefusedKeysError:
            _look_for_host(config, hosts, found, count)
        except ThrottledError as error:
            found.find("mailjet-rate-limit", error.sentence, "mend")
        except OtherServerError as error:
            found.find("mailjet-other-server", error.sentence)
        except Failure as error:
            found.find("mailjet-unreachable", error.sentence)
        requests = sum(api.counts.requests.values())
        found.requests["Mailjet"] += requests
        count(requests)
        if api.budget.waits and not found.has("mailjet-rate-limit"):
            waited = f"{api.budget.waits} of {requests} requests had to wait {api.budget.waited_s:.1f} s"
            found.find("mailjet-rate-limit", f"Mailjet limits the rate of this key (429): {waited}.")


def _look_for_host(config: Config, hosts: Sequence[str], found: Examination, count: Count) -> None:
    others = [host for host in hosts if host != config.api_url]
    search = find_host(others, config.api_key, config.api_key_secret)
    found.requests["Mailjet"] += search.requests
    count(search.requests)
    if search.host:
        found.find("mailjet-host", f"Mailjet at {config.api_url} refused the keys, and {search.host} takes them.")
    else:
        refusing = [config.api_url, *search.refused]
        found.find("mailjet-keys", f"Mailjet refused the keys (401) at {', '.join(refusing)}.")


class _Account:
    def __init__(self, config: Config, title: str, api: Mailjet, found: Examination) -> None:
        self._config, self._title, self._api, self._found = config, title, api, found
        self._forbidden: list[str] = []

    def examine(self) -> None:
        """Raises `Failure` if Mailjet cannot be asked at all."""
        findings = len(self._found.findings)
        self._rows("messagestate", {"Limit": 1})
        self._look_at_clock()
        for resource in RESOURCES:
            if resource not in {"messagestate", "message", "contact"}:
                self._rows(resource, {"Limit": 1})
        self._look_at_messages()
        if self._config.user_id_from == "contact_property":
            self._look_at_property()
        else:
            self._rows("contact", {"Limit": 1})
        if self._forbidden:
            names = ", ".join(f"'{name}'" for name in self._forbidden)
            self._found.find("mailjet-permission", f"Mailjet does not let this key read {names} (403).")
        if len(self._found.findings) == findings:
            self._found.fine.append(f"{self._title}: keys, host ({self._config.api_url}), permissions, clock, tracking")

    def _rows(self, path: str, params: Params) -> list[Row]:
        """The rows of a page; none if the key may not read them."""
        try:
            return self._api.rows(path, params, dict)
        except ForbiddenError:
            self._forbidden.append(path)
            return []

    def _look_at_clock(self) -> None:
        now = time.time()
        ahead_s = (self._api.date or now) - now
        if abs(ahead_s) > CLOCKS_APART_S:
            side = "behind" if ahead_s > 0 else "ahead of"
            self._found.find(
                "mailjet-clock", f"This machine's clock is {duration(abs(ahead_s))} {side} that of Mailjet."
            )
        try:
            refuse_future_start(self._config, int(min(now, self._api.date or now)))
        except FieldError as error:
            self._found.find("start-date", error.sentence)

    def _look_at_messages(self) -> None:
        since = int(self._api.date or time.time()) - LOOKED_BACK_S
        sample = self._rows("message", {"Limit": SAMPLE, "FromTS": since})
        if not sample:
            if "message" not in self._forbidden:
                days = LOOKED_BACK_S // DAY_S
                self._found.find("no-messages", f"The account has sent no message in the last {days} days.")
            return
        for field, what in (("IsOpenTracked", "opens"), ("IsClickTracked", "clicks")):
            flags = [read_flag(row, field) for row in sample]
            if flags and all(flag is False for flag in flags):
                looked_at = f"None of {len(flags)} messages of the last 30 days"
                self._found.find(f"{what}-not-tracked", f"{looked_at} has the tracking of {what} switched on.")

    def _look_at_property(self) -> None:
        count = self._count_contacts()
        try:
            listed = find_property(self._api, self._config)
        except ForbiddenError:
            self._forbidden.append("contactmetadata")
            return
        if listed is None:
            self._found.find("property-absent", sentence_without(self._config))
            return
        if listed.has_twin:
            self._found.find(
                "property-twins",
                f"Two contact properties differ from '{listed.name}' in case at most; '{listed.name}' is used.",
            )
        rows = self._rows("contactdata", {"Limit": CONTACTS, "Fields": listed.name})
        if "contactdata" not in self._forbidden:
            self._look_at_coverage(listed, rows, count)

    def _count_contacts(self) -> int:
        try:
            return self._api.count("contact", {})
        except ForbiddenError:
            self._forbidden.append("contact")
            return 0

    def _look_at_coverage(self, listed: Property, rows: Sequence[Row], count: int) -> None:
        """Whoever has no row has no data; of a full page, others may follow that were not looked at."""
        known = sum(has_value(row, listed.name) for row in rows)
        looked_at = max(len(rows), count) if len(rows) < CONTACTS else len(rows)
        if looked_at and known < LOW_COVERAGE * looked_at:
            share = f"{100 * known / looked_at:.0f} %"
            self._found.find(
                "identity-coverage",
                f"Only {share} of {looked_at:,} contacts looked at have a value in '{listed.name}'.",
            )


def has_value(row: Row, name: str) -> bool:
    """Whether a row of `contactdata` has a value of a property that is not empty."""
    data = row.get("Data")
    fields = [field for field in data if isinstance(field, dict)] if isinstance(data, list) else []
    return any(
        (read_text(field, "Name") or "").lower() == name.lower() and read_text(field, "Value") is not None
        for field in fields
    )
