"""The faults as rows: at Mailjet, at Segment, at the machine.

What passes comes twice at each resource. What stays lasts as long as the run under it, and ends before the one that
resumes. Times are scaled with the connectors' patience (`impatient_source`, `impatient_destination`).
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from lab.proof import machine
from lab.proof.destination_column import recorded_rows
from lab.proof.peers import PEER_CLIENT, PEER_SOURCE
from lab.proof.row import Column, Row, end_faults
from lab.proof.stage import DESTINATION, SOURCE, Stage
from mailjet_sandbox.faults import (
    Action,
    Fault,
    after,
    asked_as,
    calling,
    counted_as,
    cut_off,
    data_instead,
    data_missing,
    delay,
    empty_body,
    first_rows,
    html_page,
    if_body,
    only_rows,
    repeated_page,
    reset,
    reset_midway,
    row_with,
    row_without,
    shifted,
    status,
    ten_rows,
    throttled_until,
    trickle,
)
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.switches import Switches

Begin = Callable[[Stage], object]

RESOURCES = ("message", "openinformation", "messagehistory", "contactdata", "messagestate", "campaign")
"""One of each way that the source asks: listings by two clocks, those of an object, a table, a directory."""
NOWHERE = "http://127.0.0.1:9"
"""The port of "discard", where nobody listens."""
MANY = {"messages": 2_400, "days": 20}
"""An account whose listings have more than one page."""
DENSE = {"messages": 900, "days": 1, "days_ahead": 1}
"""A day in which much happens every hour."""
EVENT_ONLY: frozenset[Column] = frozenset({"source", "both"})
"""For faults at what Airbyte's own source does not read."""


def at_mailjet(*faults: Fault) -> Begin:
    return lambda stage: stage.sandbox.set_faults(*faults)


def at_segment(*faults: Fault) -> Begin:
    return lambda stage: stage.sandbox.set_segment_faults(*faults)


def switched(switches: Switches) -> Begin:
    def begin(stage: Stage) -> None:
        stage.sandbox.switches = switches

    return begin


def _mailjet_twice(name: str, action: Action) -> Row:
    return Row(f"{name}, twice", "Mailjet", at_mailjet(*(Fault(resource, action, times=2) for resource in RESOURCES)))


def _mailjet_stays(name: str, action: Action, path: str = "", nth: int = 3) -> Row:
    return Row(f"{name}, and it stays so", "Mailjet", at_mailjet(Fault(path, action, nth, times=None)))


def _segment_twice(name: str, action: Action) -> Row:
    return Row(f"{name}, twice", "Segment", at_segment(Fault("batch", action, nth=2, times=2)))


def _segment_stays(name: str, action: Action) -> Row:
    return Row(f"{name}, and it stays so", "Segment", at_segment(Fault("batch", action, nth=2, times=None)))


MAILJET_ANSWERS: Mapping[str, Action] = {
    "429, `Retry-After` in seconds": status(429, retry_after="1"),
    "429, `Retry-After` as a date": throttled_until(1),
    "429 without `Retry-After`": status(429),
    "500": status(500, {"ErrorMessage": "?"}),
    "502 as a web page": html_page(502),
    "503": status(503),
    "reset before the answer": reset(),
    "reset in the middle of the body": reset_midway(),
    "a body that trickles": trickle(parts=40, pause_s=0.4),
    "JSON cut off, status 200 and a right length": cut_off(),
    "a web page with 200": html_page(200),
    "an empty body with 200": empty_body(),
    "`Data` null": data_instead(None),
    "`Data` missing": data_missing(),
    "`Data` an object": data_instead({"ID": 1}),
}
"""Answers that may pass and may stay."""


def mailjet_rows() -> Iterator[Row]:
    for name, action in MAILJET_ANSWERS.items():
        yield _mailjet_twice(name, action)
        yield _mailjet_stays(name, action)
    yield Row(
        "429 that asks to wait for an hour", "Mailjet", at_mailjet(Fault("", status(429, retry_after="3600"), 3, None))
    )
    yield Row("connection refused", "Mailjet", source={"api_url": NOWHERE})
    for name, action in WRONG_ROWS.items():
        yield replace(_mailjet_stays(name, action, path="message", nth=1), agreed=NO_EVENT.get(name, ""))
    yield Row(
        "an open whose time cannot be",
        "Mailjet",
        at_mailjet(Fault("openinformation", row_with(OpenedAt="2025-02-30T25:61:00Z"), times=None)),
        columns=EVENT_ONLY,
    )
    yield Row(
        "a page repeated for every offset", "Mailjet", at_mailjet(Fault("", repeated_page(), times=None)), account=MANY
    )
    yield Row("ten rows for any `Limit`", "Mailjet", at_mailjet(Fault("", ten_rows(), times=None)))
    yield from short_rows()
    yield from odd_rows()
    yield Row(
        "rows leave the listing while it is paged, once", "Mailjet", at_mailjet(*_on_pages(shifted(7), 1)), account=MANY
    )
    yield Row(
        "rows leave the listing whenever it is paged", "Mailjet", at_mailjet(*_on_pages(shifted(7), None)), account=MANY
    )
    yield Row(
        "rows enter the listing while it is paged, once",
        "Mailjet",
        at_mailjet(*_on_pages(shifted(-7), 1)),
        account=MANY,
    )
    yield Row(
        "statuses change between two pages",
        "Mailjet",
        _clock_moves_between_pages,
        _end_later,
        account={"messages": 600, "days_ahead": 2},
    )
    yield Row(
        "Mailjet's clock is 10 minutes behind",
        "Mailjet",
        switched(Switches(date_ahead_s=-600)),
        account=DENSE | {"now": "real"},
        ends_earlier=timedelta(minutes=10),
    )
    yield Row(
        "Mailjet's clock is 10 minutes ahead",
        "Mailjet",
        switched(Switches(date_ahead_s=600)),
        account=DENSE | {"now": "real"},
    )
    yield Row(
        "401 after 15 requests",
        "Mailjet",
        at_mailjet(Fault("", status(401, {"ErrorMessage": "no", "StatusCode": 401}), 15, None)),
    )
    yield Row(
        "403 on `bouncestatistics`",
        "Mailjet",
        switched(Switches(forbidden=frozenset({"bouncestatistics"}))),
        columns=EVENT_ONLY,
    )
    yield Row("403 on `message`", "Mailjet", switched(Switches(forbidden=frozenset({"message"}))))
    yield Row(
        "404 for every contact, and for an erased campaign",
        "Mailjet",
        account={"rates": Rates(erased=1.0)},
        columns=EVENT_ONLY,
    )
    yield Row(
        "contacts that no campaign's listing names",
        "Mailjet",
        account={"rates": Rates(unlisted=1.0)},
        columns=EVENT_ONLY,
    )
    yield Row(
        "the configured property is not defined", "Mailjet", account={"user_id_property": None}, columns=EVENT_ONLY
    )
    for name, action in LACKING_HISTORIES.items():
        yield Row(
            f"histories lack the unsubscribes and complaints: {name}",
            "Mailjet",
            at_mailjet(Fault("messagehistory", action, times=None)),
            _end_after(hours=25),  # what a history lacks is asked for once a day
            account={"rates": Rates(unsubscribed=0.1, spam=0.05)},
            columns=frozenset({"source"}),
            told_by="show an unsubscribe or a complaint that their history",
        )
    for name, switches in DELIVERY_CLOCKS.items():
        yield Row(
            name,
            "Mailjet",
            switched(switches),
            _later(hours=1),
            account=DENSE | {"rates": Rates(late=0.3)},
            columns=EVENT_ONLY,
        )
    yield Row(
        "events listed late, inside the lookback",
        "Mailjet",
        end=_end_after(hours=4),
        account=DENSE | {"listing_lag": timedelta(minutes=50)},
        columns=EVENT_ONLY,
    )
    yield Row(
        "events listed late, outside the lookback",
        "Mailjet",
        end=_end_after(hours=6),
        account=DENSE | {"listing_lag": timedelta(hours=5)},
        columns=EVENT_ONLY,
        agreed="what Mailjet lists more than `lookback_minutes` late is not looked for; the next row shows what to set",
    )
    yield Row(
        "the same, with `lookback_minutes: 1440`",
        "Mailjet",
        end=_end_after(hours=6),
        account=DENSE | {"listing_lag": timedelta(hours=5)},
        source={"lookback_minutes": 1_440},
        resume={"lookback_minutes": 1_440},
        columns=EVENT_ONLY,
    )


LACKING_HISTORIES: Mapping[str, Action] = {
    "an empty list": only_rows(lambda row: False),
    "404": status(404, {"ErrorInfo": "", "ErrorMessage": "Object not found", "StatusCode": 404}),
    "only `sent`": only_rows(lambda row: row["EventType"] == "sent"),
}
DELIVERY_CLOCKS: Mapping[str, Switches] = {
    "`ArrivedAt` moves when a message is delivered": Switches(arrival_moves=True),
    "`FromTS` and `ToTS` compare the time of delivery": Switches(messages_cut_by="delivery"),
}


_LISTED = {"Limit": "1000"}
_COUNTED = {"countOnly": "1"}
_LISTINGS = ("message", "openinformation", "clickstatistics", "bouncestatistics")
SHORT_PAGES: Mapping[str, tuple[Action, Mapping[str, str]]] = {
    "an empty page with 200": (first_rows(0), _LISTED),
    "a page of 43 rows with their `Count`": (first_rows(43), _LISTED),
    "400 rows whose `Count` says 1000": (first_rows(400, claimed=1_000), _LISTED),
    "a `countOnly` of 0": (counted_as(0), _COUNTED),
}
"""Answers that are whole by themselves, and hold less than there is."""


def short_rows() -> Iterator[Row]:
    for name, (action, query) in SHORT_PAGES.items():
        once = [Fault(path, action, query=query) for path in _LISTINGS]
        stays = [Fault(path, action, times=None, query=query) for path in _LISTINGS]
        yield Row(f"{name}, once in each listing", "Mailjet", at_mailjet(*once), account=MANY, columns=EVENT_ONLY)
        yield Row(f"{name}, and it stays so", "Mailjet", at_mailjet(*stays), account=MANY, columns=EVENT_ONLY)
    for limit in (100, 500):
        lower = Fault("", asked_as(Limit=str(limit)), times=None, query=_LISTED)
        yield Row(f"no `Limit` above {limit} is honoured", "Mailjet", at_mailjet(lower), account=MANY)
    for name, value in (("EventFromTs", "0"), ("EventToTs", "99999999999")):
        ignored = Fault("openinformation", asked_as(**{name: value}), times=None)
        yield Row(f"the filter `{name}` is not honoured", "Mailjet", at_mailjet(ignored), columns=EVENT_ONLY)


ODD_VALUES: Mapping[str, Fault] = {
    "a campaign's list of -1": Fault("campaign", row_with(ListID=-1), times=None, query=_LISTED),
    "a user agent of ID -1": Fault("useragent", row_with(ID=-1), times=None, query=_LISTED),
    "a click whose delay is a word": Fault("clickstatistics", row_with(ClickedDelay="n/a"), times=None),
    "a bounce whose state is a word": Fault("bouncestatistics", row_with(StateID="unknown"), times=None),
    "`Data` of every count null": Fault("", data_instead(None), times=None, query=_COUNTED),
    "a state of ID 0": Fault("messagestate", row_with(ID=0), times=None),
}
"""Values that no event needs, or that are absent where they cannot be read."""


def odd_rows() -> Iterator[Row]:
    for name, fault in ODD_VALUES.items():
        yield Row(name, "Mailjet", at_mailjet(fault), columns=EVENT_ONLY)


NO_EVENT: Mapping[str, str] = {
    "a row without ID": "a row that names no message is no event: the log counts such rows and warns of them once"
}
WRONG_ROWS: Mapping[str, Action] = {
    "a row without ID": row_without("ID"),
    "a row whose ID is of another type": row_with(ID={"value": 1}),
    "a row whose time cannot be": row_with(ArrivedAt="2025-02-30T25:61:00Z"),
}
_PAGED = {"message": "1000", "openinformation": "1000", "contactdata": "999", "contact": "999"}
"""The `Offset` of the second page of each resource."""


def _on_pages(action: Action, times: int | None) -> list[Fault]:
    """Faults at the second page of each."""
    return [Fault(path, action, times=times, query={"Offset": offset}) for path, offset in _PAGED.items()]


def _clock_moves_between_pages(stage: Stage) -> None:
    sandbox = stage.sandbox

    def move() -> None:
        sandbox.now += timedelta(minutes=30)

    faults = [Fault(path, calling(move, asked_as(Limit="10")), times=None) for path in ("message", "openinformation")]
    sandbox.set_faults(*faults)


def _end_later(stage: Stage) -> None:
    end_faults(stage)
    stage.sandbox.now += timedelta(hours=1)


def _later(hours: float) -> Begin:
    """The clock moves, and the account stays as it is."""

    def end(stage: Stage) -> None:
        stage.sandbox.now += timedelta(hours=hours)

    return end


def _end_after(hours: float) -> Begin:
    def end(stage: Stage) -> None:
        end_faults(stage)
        stage.sandbox.now += timedelta(hours=hours)

    return end


SEGMENT_ANSWERS: Mapping[str, Action] = {
    "429, `Retry-After` in seconds": status(429, retry_after="1"),
    "429, `Retry-After` as a date": throttled_until(1),
    "429 without `Retry-After`": status(429),
    "500 before accepting": status(500),
    "500 after accepting": after(status(500)),
    "502 as a web page": html_page(502),
    "503 before accepting": status(503),
    "503 after accepting": after(status(503)),
    "reset before accepting": reset(),
    "reset after accepting": after(reset()),
    '200 with `{"success": false}`': status(200, {"success": False}),
    "no answer within the timeout": delay(20),
    "accepted, but no answer within the timeout": after(delay(20)),
}


def segment_rows() -> Iterator[Row]:
    for name, action in SEGMENT_ANSWERS.items():
        yield _segment_twice(name, action)
        yield _segment_stays(name, action)
    malformed = if_body(_has_one_event, status(400, {"success": False, "message": "malformed"}))
    yield Row("400 for one event", "Segment", at_segment(Fault("batch", malformed, times=None)))
    yield Row(
        "400 for one event, `on_rejected: skip`",
        "Segment",
        at_segment(Fault("batch", malformed, times=None)),
        destination={"on_rejected": "skip"},
        columns=frozenset({"destination", "both"}),
        agreed="it was configured so; the log names the event and the reason, and counts it",
    )
    large = if_body(lambda body: len(body) > 20_000, status(413, {"message": "too large"}))
    yield Row("413 for batches above 20 KB", "Segment", at_segment(Fault("batch", large, times=None)))
    single = if_body(_has_one_of_the_first, status(413, {"message": "too large"}))
    yield Row(
        "413 for each of the first 25 events, `on_rejected: skip`",
        "Segment",
        at_segment(Fault("batch", single, times=None)),
        destination={"on_rejected": "skip"},
        columns=frozenset({"destination", "both"}),
        agreed="it was configured so; the log names the events and the reason, and counts them",
    )
    yield _segment_stays("401", status(401, {"message": "unauthorized"}))
    yield _segment_stays("a redirect to another address", status(307, headers={"location": f"{NOWHERE}/v1/batch"}))
    region = {"region": {"location": "other", "api_url": NOWHERE}}
    yield Row("connection refused, for 20 minutes", "Segment", destination=region)


def _has_one_event(body: bytes) -> bool:
    """Whether a batch holds a certain event of the account."""
    return str(recorded_rows()[70]["record"]["data"]["id"]).encode() in body


def _has_one_of_the_first(body: bytes) -> bool:
    """Whether a batch holds one of the events that the account's first batch begins with."""
    return any(str(row["record"]["data"]["id"]).encode() in body for row in recorded_rows()[:25])


def _killed(what: Literal["source", "destination"], number: signal.Signals) -> Begin:
    """A signal in the middle of a request, which is then cut: at Segment after it was taken."""

    def begin(stage: Stage) -> None:
        def kill(name: str) -> Callable[[], None]:
            return lambda: stage.kill(name, number)

        if what == "source":
            ours, theirs = calling(kill(SOURCE)), calling(kill(PEER_SOURCE))
            stage.sandbox.set_faults(Fault("messagehistory", ours, nth=10), Fault("message", theirs, nth=3))
        else:
            both = calling(kill(DESTINATION), calling(kill(PEER_CLIENT), delay(1)))
            stage.sandbox.set_segment_faults(Fault("batch", after(both), nth=2))

    return begin


def _behind(prefix: Callable[[Any], machine.Prefix]) -> Begin:
    """Puts every process behind a command, with a folder of its own to work in."""

    def begin(stage: Stage) -> None:
        machine.need_namespaces()
        folder = stage.folder / "tmp"
        folder.mkdir()
        stage.prefixes.update(dict.fromkeys((SOURCE, DESTINATION, PEER_SOURCE, PEER_CLIENT), prefix(folder)))
        stage.options[SOURCE] = ["--small-cache"]

    return begin


NOTHING_MIB = 16
"""A group in which only a shell has run shows less."""


@contextmanager
def _within_256_mib(stage: Stage) -> Iterator[None]:
    with machine.memory_limit(256) as sources, machine.memory_limit(256) as destinations:
        stage.prefixes.update(dict.fromkeys((SOURCE, PEER_SOURCE), sources.prefix))
        stage.prefixes.update(dict.fromkeys((DESTINATION, PEER_CLIENT), destinations.prefix))
        yield
        peaks = {"source": sources.peak_mib, "destination": destinations.peak_mib}
        stage.note = "; ".join(f"{name} at most {peak} MiB" for name, peak in peaks.items() if peak > NOTHING_MIB)


_SOURCES: frozenset[Column] = frozenset({"source", "both", "mailjet_peer"})
_DESTINATIONS: frozenset[Column] = frozenset({"destination", "both", "segment_peer"})


def machine_rows() -> Iterator[Row]:
    for number, name in ((signal.SIGKILL, "`kill -9`"), (signal.SIGTERM, "SIGTERM")):
        yield Row(f"{name} of the source", "machine", _killed("source", number), columns=_SOURCES)
        yield Row(f"{name} of the destination", "machine", _killed("destination", number), columns=_DESTINATIONS)
    yield Row(
        "stdout closed by the reader",
        "machine",
        hangs_up_after=20,
        columns=frozenset({"source", "mailjet_peer"}),
    )
    yield Row("stdout closed by the reader of states", "machine", hangs_up_after=1, columns=frozenset({"destination"}))
    yield Row("stdin ends in the middle of a line", "machine", cut_input=True, columns=frozenset({"destination"}))
    yield Row("no space in the temporary folder", "machine", _behind(machine.no_space), account=MANY)
    yield Row("read-only root, a temporary folder", "machine", _behind(machine.read_only_root))
    yield Row("read-only root, no temporary folder", "machine", _behind(machine.nothing_writable))
    yield Row("256 MiB of memory", "machine", within=_within_256_mib, account={"messages": 5_000})


ROWS: tuple[Row, ...] = (*mailjet_rows(), *segment_rows(), *machine_rows())
