"""Each event is of the right person, or of nobody known: whatever Mailjet's rows say of contacts and properties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from mailjet_sandbox.faults import Action, Fault, calling, json_body
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.people import FIRST_PLAIN
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches

TruthOf = Callable[[Sequence[Happened]], dict[str, dict[str, Happened]]]


def with_contact(change: Callable[[int], int]) -> Action:
    """A listing whose rows name other contacts."""

    def changed(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "ContactID": change(int(row["ContactID"]))}

    return json_body(lambda envelope: {**envelope, "Data": [changed(row) for row in envelope["Data"]]})


def rows_only(rows: int) -> Action:
    """A listing of which only so many rows come, and which counts no more."""
    return json_body(lambda envelope: {"Count": rows, "Data": envelope["Data"][:rows], "Total": rows})


def named(record: dict[str, Any], *columns: str) -> tuple[Any, ...]:
    return tuple(record.get(column) for column in columns)


@pytest.mark.parametrize(
    "change", [lambda contact: contact + 1, lambda contact: contact + 30], ids=["that is not there", "that is there"]
)
def test_an_event_whose_row_names_another_contact_is_its_messages_recipients(
    read: Any, truth_of: TruthOf, change: Callable[[int], int]
) -> None:
    with Sandbox(seed=71, messages=600, faults=[Fault("openinformation", with_contact(change), times=None)]) as sandbox:
        start = sandbox.start + timedelta(days=10)
        synced = read(sandbox, start=start, streams=["email_opened"])
        truth = truth_of(sandbox.truth(since=start))["email_opened"]
    assert synced.failed is None
    columns = ("user_id", "contact_id", "context_traits_email", "custom_id", "email_subject")
    told = {record["id"]: named(record, *columns) for record in synced.records["email_opened"]}
    assert told.keys() == truth.keys()
    unnamed = {event_id for event_id, one in truth.items() if not one.address}
    assert len(unnamed) < 5
    assert {event_id: told[event_id] for event_id in told.keys() - unnamed} == {
        event_id: (one.user_id, one.contact_id, one.address, one.custom_id, one.subject)
        for event_id, one in truth.items()
        if one.address
    }


def test_an_event_whose_messages_recipient_is_not_there_is_whom_its_row_names(read: Any, truth_of: TruthOf) -> None:
    fault = Fault("message", with_contact(lambda contact: contact + 1), times=None)
    with Sandbox(seed=72, messages=600, faults=[fault]) as sandbox:
        synced = read(sandbox, streams=["email_delivered", "email_opened"])
        truth = truth_of(sandbox.truth())["email_opened"]
        emails = {str(each.id): each.email for each in sandbox.account.contacts}
    known = {
        event_id: (one.user_id, one.contact_id)
        for event_id, one in truth.items()
        if one.user_id and one.address == emails[one.contact_id]  # else nothing says that both are the same person
    }
    people = {record["id"]: named(record, "user_id", "contact_id") for record in synced.records["email_opened"]}
    assert known
    assert {event_id: people[event_id] for event_id in known} == known


@pytest.mark.parametrize("messages", [120, 900], ids=["looked up one by one", "listed"])
def test_of_two_properties_that_differ_in_case_the_one_that_is_configured_counts(
    read: Any, truth_of: TruthOf, messages: int
) -> None:
    switches, some = Switches(twin_property=True), {"from": "contact_property", "property": "UserId"}
    with Sandbox(seed=73, messages=messages, switches=switches, contacts=3_000) as sandbox:
        synced = read(sandbox, streams=["email_delivered"], user_id=some)
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))["email_delivered"]
        twin = read(sandbox, streams=["email_delivered"], user_id={**some, "property": "uSERiD"})
        people = {str(each.id): each for each in [*sandbox.account.contacts][FIRST_PLAIN:] if not each.erased}
    assert {record["id"]: record.get("user_id") for record in synced.records["email_delivered"]} == {
        event_id: one.user_id for event_id, one in truth.items()
    }
    twins = {record["contact_id"]: record.get("user_id") for record in twin.records["email_delivered"]}
    assert {one: twins[one] for one in twins if one in people} == {
        one: f"twin-{one}" if "firstname" in people[one].properties else None for one in twins if one in people
    }


@pytest.mark.parametrize("rows", [0, 4], ids=["empty", "cut off"])
def test_a_listing_of_properties_that_lacks_some_once_makes_nobody_anonymous(
    read: Any, truth_of: TruthOf, log_lines: list[str], rows: int
) -> None:
    with Sandbox(seed=75, messages=200, faults=[Fault("contactmetadata", rows_only(rows))]) as sandbox:
        synced = read(sandbox, streams=["email_delivered"])
        truth = truth_of(sandbox.truth(until=sandbox.now - timedelta(seconds=5)))["email_delivered"]
        assert sum("contactmetadata" in one.path for one in sandbox.requests) == 3
    assert (synced.failed, synced.errors) == (None, [])
    assert not [line for line in log_lines if "no contact property" in line]
    assert {record["id"]: record.get("user_id") for record in synced.records["email_delivered"]} == {
        event_id: one.user_id for event_id, one in truth.items()
    }


def test_a_listing_of_properties_that_never_has_all_that_are_counted_fails_the_sync(read: Any) -> None:
    counts = Fault("contactmetadata", calling(lambda: None), times=None, query={"countOnly": "1"})
    with Sandbox(seed=76, messages=200) as sandbox:
        sandbox.set_faults(counts, Fault("contactmetadata", rows_only(4), times=None))
        synced = read(sandbox)
    assert synced.count == 0
    assert "'contactmetadata' gave 4 of the 11 rows that it counts" in (synced.failed or "")


def test_that_a_property_does_not_exist_is_counted_and_not_listed_again(read: Any) -> None:
    asked = []
    for name in ("userId", None):
        with Sandbox(seed=77, messages=100, user_id_property=name) as sandbox:
            read(sandbox, streams=["email_delivered"])
            asked.append(["countOnly" in one.query for one in sandbox.requests if "contactmetadata" in one.path])
    assert asked[0] == [False]
    assert asked[1] == [False, True, True]  # ten rows are the default limit, and so are counted anyway


def test_what_mailjet_shows_of_a_deleted_contact_is_no_address(read: Any, truth_of: TruthOf) -> None:
    switches = Switches(erased_contact="invalid address")
    with Sandbox(seed=74, messages=20, rates=Rates(erased=0.3), contacts=8_000, switches=switches) as sandbox:
        synced = read(sandbox)
        truth = truth_of(sandbox.truth())["email_delivered"]
        assert any("/contact/" in one.path for one in sandbox.requests)
    records = [record for rows in synced.records.values() for record in rows]
    assert not [record for record in records if "invalid" in str(record.get("anonymous_id"))]
    assert not [record for record in records if "invalid" in str(record.get("context_traits_email"))]
    nobody = {event_id: f"mailjet-contact-{one.contact_id}" for event_id, one in truth.items() if not one.address}
    told = {record["id"]: record.get("anonymous_id") for record in synced.records["email_delivered"]}
    assert nobody
    assert {event_id: told[event_id] for event_id in nobody} == nobody
