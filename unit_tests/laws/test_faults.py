"""Whatever Mailjet answers, a sync emits what happened or fails saying so; it never ends well with less."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest

from mailjet_sandbox.faults import (
    Action,
    Fault,
    cut_off,
    data_instead,
    data_missing,
    echoed_credentials,
    empty_body,
    html_page,
    repeated_page,
    reset,
    reset_midway,
    row_without,
    shifted,
    status,
    ten_rows,
    trickle,
)
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches
from source_mailjet_segment import cursor
from unit_tests.conftest import HASTY, SEGMENT_STREAMS, Reader

TruthOf = Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]
RESOURCES = ("message", "openinformation", "messagehistory", "contactdata", "messagestate", "campaign")
PASSING: dict[str, Action] = {
    "429 that says how long": status(429, retry_after="0"),
    "429 that does not": status(429),
    "429 with a date": status(429, retry_after="Wed, 01 Jan 2020 00:00:00 GMT"),
    "500": status(500, {"ErrorMessage": "?"}),
    "502 as a page": html_page(502),
    "503": status(503),
    "a reset": reset(),
    "a reset in the body": reset_midway(),
    "cut-off JSON": cut_off(),
    "a page with 200": html_page(200),
    "an empty body": empty_body(),
    "no Data": data_missing(),
    "null Data": data_instead(None),
    "an object for Data": data_instead({"ID": 1}),
    "a row without an ID": row_without("ID", "MessageID", "ContactID", "EventAt"),
}


@pytest.mark.parametrize("action", PASSING.values(), ids=PASSING.keys())
def test_what_passes_changes_nothing(read: Any, truth_of: TruthOf, action: Action) -> None:
    faults = [Fault(resource, action, nth=1, times=2) for resource in RESOURCES]
    with Sandbox(seed=21, messages=600, faults=faults) as sandbox:
        synced = read(sandbox)
        truth = truth_of(sandbox.truth())
    assert (synced.failed, synced.errors) == (None, [])
    assert {stream: sorted(synced.ids(stream)) for stream in truth} == {
        stream: sorted(ids) for stream, ids in truth.items()
    }


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("action", [status(503), cut_off(), reset()], ids=["503", "cut-off JSON", "a reset"])
def test_what_stays_fails_with_one_sentence_and_the_next_sync_brings_the_rest(
    read: Any, truth_of: TruthOf, resource: str, action: Action
) -> None:
    with Sandbox(seed=22, messages=400, faults=[Fault(resource, action, times=None)]) as sandbox:
        broken = read(sandbox)
        assert broken.failed is not None
        assert set(broken.statuses.values()) <= {"STARTED", "RUNNING", "INCOMPLETE", "COMPLETE"}
        for stream, ended in broken.statuses.items():
            assert ended == "COMPLETE" or any(resource in error for error in [*broken.errors, broken.failed]), stream
        sandbox.set_faults()
        mended = read(sandbox, broken.state)
        truth = truth_of(sandbox.truth())
    assert mended.failed is None
    for stream, ids in truth.items():
        assert set(broken.ids(stream)) | set(mended.ids(stream)) == set(ids)
        if broken.statuses.get(stream) == "COMPLETE":
            assert set(broken.ids(stream)) == set(ids)


def test_keys_that_stop_working_end_the_streams_and_keep_what_was_done(read: Any, truth_of: TruthOf) -> None:
    with Sandbox(seed=23, messages=12_000) as sandbox:
        sandbox.set_faults(Fault("", status(401, {"ErrorMessage": "no", "StatusCode": 401}), nth=50, times=None))
        broken = read(sandbox, num_workers=1)
        assert sandbox.request_count <= 65
        assert any("copy 'api_key' and 'api_key_secret' again" in error for error in broken.errors)
        assert broken.states
        sandbox.set_faults()
        mended = read(sandbox, broken.state)
        truth = truth_of(sandbox.truth())
    assert 0 < mended.count < 2 * sum(map(len, truth.values()))
    for stream, ids in truth.items():
        assert set(broken.ids(stream)) | set(mended.ids(stream)) == set(ids)


def test_a_state_that_was_held_back_is_printed_when_a_reading_fails(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large states are not printed for each of many windows; what was read before the failure is not read again."""
    monkeypatch.setattr(cursor, "STATE_BYTES_PER_S", 1)
    failing = Fault("message", status(401, {"ErrorMessage": "no", "StatusCode": 401}), nth=16, times=None)
    with Sandbox(seed=38, messages=12_000, faults=[failing]) as sandbox:
        broken = read(sandbox, streams=["email_delivered"], num_workers=1, lookback_minutes=0)
        sandbox.set_faults()
        mended = read(sandbox, broken.state, streams=["email_delivered"], lookback_minutes=0)
    assert broken.failed is not None
    assert len(broken.ids("email_delivered")) > 2_000
    repeated = set(broken.ids("email_delivered")) & set(mended.ids("email_delivered"))
    assert not repeated


def test_a_forbidden_resource_ends_its_streams_and_no_others(read: Any, truth_of: TruthOf) -> None:
    with Sandbox(seed=24, messages=400, switches=Switches(forbidden=frozenset({"bouncestatistics"}))) as sandbox:
        synced = read(sandbox)
        truth = truth_of(sandbox.truth())
    incomplete = {stream for stream, ended in synced.statuses.items() if ended == "INCOMPLETE"}
    assert incomplete == {"email_bounced", "tracks"}
    assert any("read 'bouncestatistics' (403)" in error for error in synced.errors)
    assert set(synced.ids("email_opened")) == set(truth["email_opened"])


def test_ten_rows_to_any_limit_cost_requests_but_no_rows(read: Any, truth_of: TruthOf) -> None:
    with Sandbox(seed=25, messages=300, faults=[Fault("", ten_rows(), times=None)]) as sandbox:
        synced = read(sandbox)
        truth = truth_of(sandbox.truth())
    assert synced.failed is None
    assert {stream: set(synced.ids(stream)) for stream in truth} == {stream: set(ids) for stream, ids in truth.items()}


@pytest.mark.parametrize("rows", [7, -7], ids=["rows leave", "rows enter"])
def test_a_listing_that_shifts_while_it_is_paged_loses_nothing(read: Any, truth_of: TruthOf, rows: int) -> None:
    """Opens have no ID: as many rows as were counted may come, and some of them twice for others that never do."""
    often, fault = Rates(opened=4, transactional=0), Fault("openinformation", shifted(rows), query={"Offset": "1000"})
    with Sandbox(seed=35, messages=400, days=3, rates=often, faults=[fault]) as sandbox:
        synced = read(sandbox, streams=["email_opened"])
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
    assert synced.failed is None
    assert set(synced.ids("email_opened")) == set(truth["email_opened"])


def test_who_is_missing_from_a_listing_of_contacts_that_shifted_is_not_taken_for_anonymous(
    read: Any, truth_of: TruthOf
) -> None:
    """Two contacts were skipped and others came twice, so that the listing has as many rows as it counts."""
    fault = Fault("contactdata", shifted(2), query={"Offset": "999"})
    with Sandbox(seed=37, messages=6_000, days=3, contacts=2_500, faults=[fault]) as sandbox:
        synced = read(sandbox, streams=["email_delivered"])
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))["email_delivered"]
        assert any(one.query.get("Offset") == "1998" for one in sandbox.requests if one.path.endswith("/contactdata"))
    people = {record["id"]: record.get("user_id") for record in synced.records["email_delivered"]}
    assert people == {event_id: happened.user_id for event_id, happened in truth.items()}


@pytest.mark.parametrize("answer", ["400", "404"])
def test_a_filter_by_what_is_gone_that_mailjet_refuses_fails_nothing(
    read: Any, truth_of: TruthOf, answer: Literal["400", "404"]
) -> None:
    """Opens of erased contacts and of deleted campaigns, whose messages were sent before what is read."""
    switches = Switches(filter_by_what_is_gone=answer, single_message_shows=True)
    with Sandbox(seed=39, messages=900, rates=Rates(erased=0.1), switches=switches) as sandbox:
        synced = read(sandbox, start=sandbox.start + timedelta(days=2), streams=["email_opened", "email_link_clicked"])
        refused = [one for one in sandbox.requests if "Contact" in one.query]
        truth = truth_of(sandbox.truth(since=sandbox.start + timedelta(days=2)))["email_opened"]
    assert (synced.failed, synced.errors) == (None, [])
    assert refused
    people = {record["id"]: record.get("user_id") for record in synced.records["email_opened"]}
    assert people == {event_id: happened.user_id for event_id, happened in truth.items()}


def test_opens_of_one_second_are_no_error_wherever_pages_end(read: Any, truth_of: TruthOf) -> None:
    """A row of two pages is two rows as well as one that shifted: what is read then is windows of one page."""
    twice = Rates(opened=8, by_bots=0.9)
    with Sandbox(seed=36, messages=100, days=3, rates=twice, faults=[Fault("", ten_rows(), times=None)]) as sandbox:
        synced = read(sandbox, streams=["email_opened"])
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
    assert synced.failed is None
    assert set(synced.ids("email_opened")) == set(truth["email_opened"])


def test_a_page_that_comes_for_every_offset_costs_requests_but_no_rows(read: Any, truth_of: TruthOf) -> None:
    """Windows of one page need no offset."""
    with Sandbox(seed=26, messages=3_000, faults=[Fault("message", repeated_page(), times=None)]) as sandbox:
        synced = read(sandbox, streams=["email_delivered"])
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))
    assert synced.statuses == {"email_delivered": "COMPLETE"}
    assert set(synced.ids("email_delivered")) == set(truth["email_delivered"])


def test_a_property_that_cannot_be_read_fails_the_streams_and_makes_nobody_anonymous(read: Any) -> None:
    with Sandbox(seed=27, messages=300, faults=[Fault("contactdata", status(500), times=None)]) as sandbox:
        synced = read(sandbox)
    assert synced.failed
    assert synced.count == 0


def test_an_account_without_the_property_is_anonymous_and_one_warning_names_it(read: Any, log_lines: list[str]) -> None:
    with Sandbox(seed=28, messages=300, user_id_property=None) as sandbox:
        synced = read(sandbox)
        asked = {one.path.split("/")[3] for one in sandbox.requests}
    assert synced.count > 500
    assert not any("user_id" in record for records in synced.records.values() for record in records)
    assert sum("no contact property 'userId'" in line for line in log_lines) == 1
    assert "contactmetadata" in asked
    assert "contactdata" not in asked


def test_an_answer_that_trickles_for_too_long_is_given_up(read: Reader) -> None:
    fault = Fault("openinformation", trickle(parts=40, pause_s=0.15), times=None)
    with Sandbox(seed=29, messages=300, faults=[fault]) as sandbox:
        synced = replace(read, patience=HASTY)(sandbox, streams=["email_opened"])
    assert any("did not answer in time" in error for error in synced.errors)


def test_a_server_that_echoes_the_keys_gets_them_into_no_line(read: Any, log_lines: list[str]) -> None:
    for code in (500, 400, 401, 403):
        with Sandbox(seed=30, messages=100, faults=[Fault("message", echoed_credentials(code), times=None)]) as sandbox:
            synced = read(sandbox)
            told = "\n".join([*synced.errors, str(synced.failed), *log_lines])
            assert synced.failed
            assert sandbox.api_key not in told
            assert sandbox.api_key_secret not in told
            log_lines.clear()


def test_no_address_of_a_person_is_in_a_log_line(read: Any, log_lines: list[str]) -> None:
    with Sandbox(seed=31, messages=600) as sandbox:
        synced = read(sandbox)
        people = {one.address for one in sandbox.truth() if one.address} | {
            one.user_id for one in sandbox.truth() if one.user_id and len(one.user_id) > 3
        }
    assert len(people) > 50
    assert set(synced.statuses) == set(SEGMENT_STREAMS)
    lines = "\n".join(log_lines)
    assert not [person for person in people if person in lines]


def test_deliveries_without_tracking_are_explained_once(read: Any, log_lines: list[str]) -> None:
    with Sandbox(seed=32, messages=300, tracked=False) as sandbox:
        read(sandbox)
    assert sum("open tracking was off" in line for line in log_lines) == 1
    assert sum("click tracking was off" in line for line in log_lines) == 1


def test_plain_http_never_goes_by_a_proxy(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Sandbox(seed=34, messages=50) as sandbox:
        assert read(sandbox).failed is None
        assert sandbox.request_count
