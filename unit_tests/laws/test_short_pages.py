"""A page that ends early is never taken for the whole of a window that was counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from mailjet_sandbox.faults import Action, Fault, asked_as, counted_as, first_rows, status
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.series import cases

TruthOf = Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]
LISTED = {"Limit": "1000"}
COUNTED = {"countOnly": "1"}
STREAMS = {
    "message": "email_delivered",
    "openinformation": "email_opened",
    "clickstatistics": "email_link_clicked",
    "bouncestatistics": "email_bounced",
}
OFTEN = Rates(opened=2, clicked=0.7, bounced=0.3)


def account(*faults: Fault) -> Sandbox:
    return Sandbox(seed=51, messages=6_000, days=20.5, rates=OFTEN, faults=faults)


def at_each(action: Action, query: dict[str, str], nth: int = 1, times: int | None = 1) -> list[Fault]:
    return [Fault(path, action, nth, times, query) for path in STREAMS]


@pytest.fixture
def read_all(read: Any) -> Callable[..., Any]:
    """Reads four streams, from a start from which each is counted and cut into parts; the first holds a few rows."""

    def read_from_before(sandbox: Sandbox, state: Sequence[Any] = (), **fields: Any) -> Any:
        start = sandbox.start - timedelta(days=19.5)
        more = {"streams": list(STREAMS.values()), "user_id": {"from": "none"}, **fields}
        return read(sandbox, state, start=start, **more)

    return read_from_before


def truth_in(sandbox: Sandbox, truth_of: TruthOf) -> dict[str, set[str]]:
    truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
    return {stream: set(truth[stream]) for stream in STREAMS.values()}


ONCE: dict[str, tuple[Action, dict[str, str]]] = {
    "an empty page": (first_rows(0), LISTED),
    "a page of 40 rows": (first_rows(40), LISTED),
    "a page of 50 rows": (first_rows(50), LISTED),
    "400 rows of which 1000 are said to be there": (first_rows(400, claimed=1_000), LISTED),
    "a count of 0": (counted_as(0), COUNTED),
    "a count of 3": (counted_as(3), COUNTED),
    "a count of 100,000": (counted_as(100_000), COUNTED),
}


EACH_AND_TWO_THAT_COME_SECOND = [*((wrong, 1) for wrong in ONCE), ("a page of 40 rows", 2), ("a count of 3", 2)]


@pytest.mark.parametrize("wrong, nth", cases(product(ONCE, [1, 2]), always=EACH_AND_TWO_THAT_COME_SECOND))
def test_what_is_wrong_once_is_asked_for_again(read_all: Any, truth_of: TruthOf, wrong: str, nth: int) -> None:
    with account(*at_each(*ONCE[wrong], nth)) as sandbox:
        synced = read_all(sandbox, num_workers=1)
        truth = truth_in(sandbox, truth_of)
    assert synced.failed is None
    assert {stream: sorted(synced.ids(stream)) for stream in truth} == {
        stream: sorted(ids) for stream, ids in truth.items()
    }


ALWAYS: dict[str, tuple[Action, dict[str, str]]] = {
    "empty pages": (first_rows(0), LISTED),
    "one row a page": (first_rows(1), LISTED),
    "400 rows of which 1000 are said to be there": (first_rows(400, claimed=1_000), LISTED),
    "counts of 0": (counted_as(0), COUNTED),
}


@pytest.mark.parametrize("action, query", ALWAYS.values(), ids=ALWAYS.keys())
def test_what_stays_wrong_fails_and_the_next_sync_brings_the_rest(
    read_all: Any, truth_of: TruthOf, action: Action, query: dict[str, str]
) -> None:
    with account(*at_each(action, query, times=None)) as sandbox:
        broken = read_all(sandbox)
        asked = sandbox.request_count
        sandbox.set_faults()
        mended = read_all(sandbox, broken.state)
        truth = truth_in(sandbox, truth_of)
    assert set(broken.statuses.values()) == {"INCOMPLETE"}
    assert "again later" in str(broken.failed)
    assert mended.failed is None
    assert {stream: {*broken.ids(stream), *mended.ids(stream)} for stream in truth} == truth
    assert asked < 100


@pytest.mark.parametrize("limit", [100, 500])
def test_a_server_that_honours_smaller_limits_costs_requests_but_no_rows(
    read_all: Any, truth_of: TruthOf, limit: int
) -> None:
    with account(Fault("", asked_as(Limit=str(limit)), times=None, query=LISTED)) as sandbox:
        synced = read_all(sandbox)
        truth = truth_in(sandbox, truth_of)
    assert synced.failed is None
    assert {stream: set(synced.ids(stream)) for stream in truth} == truth


@pytest.mark.parametrize("messages", cases([5, 30, 2_000], always=[30]))
def test_a_part_that_may_lack_rows_is_covered_by_no_state(read_all: Any, truth_of: TruthOf, messages: int) -> None:
    """A crash before the last part is read, which would find out, leaves the window of the short page open."""
    for path, stream in STREAMS.items():
        with account(Fault(path, first_rows(0), query=LISTED)) as sandbox:
            crashed = read_all(sandbox, streams=[stream], num_workers=1, until=messages)
            sandbox.set_faults()
            resumed = read_all(sandbox, crashed.state, streams=[stream])
            truth = truth_in(sandbox, truth_of)[stream]
        assert {*crashed.ids(stream), *resumed.ids(stream)} == truth


def test_an_empty_stretch_is_counted_and_listed_and_no_more(read: Any) -> None:
    with account() as sandbox:
        start = sandbox.start - timedelta(days=60)
        end = (sandbox.start - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        synced = read(sandbox, start=start, end_date=end, streams=["email_opened"])
        asked = [one for one in sandbox.requests if one.path.endswith("/openinformation")]
    assert (synced.failed, synced.count, len(asked)) == (None, 0, 2)


def test_a_window_whose_rows_came_late_is_not_covered_before_they_are_emitted(read: Any, truth_of: TruthOf) -> None:
    """Two windows were counted together; the first came empty once, and then nothing could be emitted."""
    stream = "email_delivered"
    with Sandbox(seed=51, messages=6_000, days=20.5, rates=Rates(bounced=0.5)) as sandbox:
        happened = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))[stream]
        sandbox.set_faults(
            Fault("message", first_rows(0), 4, 1, LISTED), Fault("campaign", status(500), nth=1, times=None)
        )
        cut_off = read(sandbox, streams=[stream], num_workers=1, user_id={"from": "none"})
        assert cut_off.failed
        sandbox.set_faults()
        resumed = read(sandbox, cut_off.state, streams=[stream], num_workers=1, user_id={"from": "none"})
    assert resumed.failed is None
    assert {*cut_off.ids(stream), *resumed.ids(stream)} == set(happened)
