"""The filters of Mailjet's resources: each with the clock it is documented with, and with the bounds it may have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from mailjet_sandbox.held_account import HeldAccount
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches

Get = Callable[..., requests.Response]
RowsOf = Callable[..., list[dict[str, Any]]]
Count = Callable[..., int]


@pytest.mark.parametrize("sort", ["ID+DESC", "ID DESC", "ID+desc"])
def test_sorting_is_descending_where_asked(sort: str, rows: RowsOf) -> None:
    ids = [row["ID"] for row in rows("campaign", Sort="ID")]
    assert ids == sorted(ids, key=int)
    assert [row["ID"] for row in rows("campaign", Sort=sort)] == ids[::-1]


@pytest.mark.parametrize(
    ("path", "clock"),
    [("openinformation", "OpenedAt"), ("clickstatistics", "ClickedAt"), ("bouncestatistics", "BouncedAt")],
)
@pytest.mark.parametrize("inclusive", [True, False])
def test_events_are_cut_by_event_time(
    sandbox: Sandbox, path: str, clock: str, inclusive: bool, rows: RowsOf, count: Count
) -> None:
    sandbox.switches = Switches(event_bounds_inclusive=inclusive)
    times = sorted(row[clock] for row in rows(path))
    since, until = times[9], times[-9]
    expected = [at for at in times if (since <= at <= until if inclusive else since < at < until)]
    assert sorted(row[clock] for row in rows(path, EventFromTs=since, EventToTs=until)) == expected
    assert count(path, EventFromTs=unix(since), EventToTs=unix(until)) == len(expected)


@pytest.mark.parametrize("path", ["openinformation", "clickstatistics", "bouncestatistics"])
def test_from_ts_on_statistics_is_the_campaigns_clock(sandbox: Sandbox, path: str, rows: RowsOf) -> None:
    late = sandbox.start + timedelta(days=20)
    begun = {campaign.id for campaign in sandbox.account.campaigns if campaign.send_start_at > late.timestamp()}
    of_late_campaigns = {
        str(each.message.id)
        for each in (*sandbox.account.opens, *sandbox.account.clicks, *sandbox.account.bounces)
        if each.message.campaign.id in begun
    }
    found = rows(path, FromTS=f"{late:%Y-%m-%dT%H:%M:%SZ}")
    assert 0 < len(found) < len(rows(path, EventFromTs=int(late.timestamp())))
    assert {str(row.get("MessageID", row.get("ID"))) for row in found} <= of_late_campaigns


@pytest.mark.parametrize(("from_inclusive", "to_inclusive"), [(False, False), (True, False), (False, True)])
def test_messages_are_cut_by_their_own_time(
    sandbox: Sandbox, from_inclusive: bool, to_inclusive: bool, count: Count
) -> None:
    sandbox.switches = Switches(from_ts_inclusive=from_inclusive, to_ts_inclusive=to_inclusive)
    arrivals = sorted(message.arrived_at for message in sandbox.account.messages)
    since, until = arrivals[100], arrivals[300]
    first, last = since + (not from_inclusive), until - (not to_inclusive)
    assert count("message", FromTS=since, ToTS=until) == sum(first <= at <= last for at in arrivals)


def test_messages_may_be_cut_by_their_creation_and_then_arrive_outside(sandbox: Sandbox, rows: RowsOf) -> None:
    until = next(each.arrived_at for each in sandbox.account.messages[400:] if each.arrived_at > each.created_at)
    assert all(unix(row["ArrivedAt"]) < until for row in rows("message", ToTS=until))
    sandbox.switches = Switches(messages_cut_by="creation")
    found = rows("message", ToTS=until)
    assert any(unix(row["ArrivedAt"]) >= until for row in found)
    assert len(found) == sum(message.created_at < until for message in sandbox.account.messages)


def test_messages_may_be_cut_by_their_delivery_which_ArrivedAt_may_follow(sandbox: Sandbox, rows: RowsOf) -> None:
    now = int(sandbox.now.timestamp())
    late = next(
        each for each in sandbox.account.messages if each.arrived_at + 3_600 < (each.delivered_at or 0) < now - 60
    )
    delivered_at = late.delivered_at
    assert delivered_at
    window = {"FromTS": delivered_at - 2, "ToTS": delivered_at + 2}
    assert rows("message", **window) == []
    sandbox.switches = Switches(messages_cut_by="delivery")
    (row,) = rows("message", **window)
    assert (int(row["ID"]), unix(row["ArrivedAt"])) == (late.id, late.arrived_at)
    assert rows("message", FromTS=late.arrived_at - 1, ToTS=late.arrived_at + 1) == []
    sandbox.switches = Switches(arrival_moves=True)
    (row,) = rows("message", **window)
    assert (int(row["ID"]), unix(row["ArrivedAt"])) == (late.id, delivered_at)
    sandbox.now = sandbox.now.fromtimestamp(delivered_at - 1, sandbox.now.tzinfo)
    (row,) = rows("message", FromTS=late.arrived_at - 1, ToTS=late.arrived_at + 1)
    assert (int(row["ID"]), unix(row["ArrivedAt"])) == (late.id, late.arrived_at)


def test_messages_are_filtered_by_status_campaign_contact_custom_id_and_state(
    sandbox: Sandbox, rows: RowsOf, count: Count
) -> None:
    every = sandbox.account.messages
    ordered = next(message for message in every if message.custom_id)
    query = {"Contact": ordered.contact.id, "Campaign": ordered.campaign.id}
    assert ordered.id in {int(row["ID"]) for row in rows("message", **query)}
    assert {int(row["ContactID"]) for row in rows("message", **query)} == {ordered.contact.id}
    assert {int(row["CampaignID"]) for row in rows("message", **query)} == {ordered.campaign.id}
    assert [int(row["ID"]) for row in rows("message", CustomID=ordered.custom_id)] == [ordered.id]
    assert {row["Status"] for row in rows("message", MessageStatus=7)} == {"unsub"}
    assert {str(row["StateID"]) for row in rows("message", MessageState=13)} == {"13"}
    assert sum(count("message", MessageStatus=number) for number in range(12)) == len(every)
    assert count("message", MessageStatus=7, FromTS=int(sandbox.now.timestamp())) == 0


def test_a_message_list_shows_three_columns_only_when_asked(rows: RowsOf) -> None:
    columns = ("ContactAlt", "CustomID", "Subject")
    assert {row[name] for row in rows("message") for name in columns} == {""}
    for name in columns:
        shown = rows("message", **{f"Show{name}": "true"})
        assert {bool(row[name]) for row in shown} >= {True}
        assert {row[other] for row in shown for other in columns if other != name} == {""}


def test_one_message_ignores_the_three_flags_unless_switched(sandbox: Sandbox, rows: RowsOf) -> None:
    path = f"message/{sandbox.account.messages[0].id}"
    assert rows(path, ShowSubject="true")[0]["Subject"] == ""
    sandbox.switches = Switches(single_message_shows=True)
    assert rows(path, ShowSubject="true")[0]["Subject"] == sandbox.account.messages[0].subject
    assert rows(path)[0]["Subject"] == ""


def test_a_history_is_found_by_path_and_by_query_and_has_ten_rows_unless_asked(
    sandbox: Sandbox, get: Get, rows: RowsOf
) -> None:
    longest = max(sandbox.account.messages, key=lambda message: len(message.events))
    assert len(get(f"messagehistory/{longest.id}").json()["Data"]) == 10
    history = rows(f"messagehistory/{longest.id}")
    assert history == rows("messagehistory", Message=longest.id)
    assert [row["EventType"] for row in history] == ["sent", *["opened"] * 14, "unsub"]
    assert history[0]["EventAt"] == longest.delivered_at


def test_a_campaign_lists_whom_it_targeted_but_not_everybody_who_got_it(sandbox: Sandbox, rows: RowsOf) -> None:
    account = sandbox.account
    listed = {campaign.id: rows("contact", Campaign=campaign.id) for campaign in account.campaigns}
    for campaign in account.campaigns:
        sent = [message.contact for message in account.messages_by_campaign[campaign.id]]
        shown = [] if campaign.transactional or campaign.deleted else sent
        expected = {contact.id for contact in shown if not (contact.erased or contact.unlisted)}
        assert {int(row["ID"]) for row in listed[campaign.id]} == expected
    assert any(message.contact.unlisted for message in account.messages if not message.campaign.transactional)


def test_contact_data_is_read_by_campaign_by_email_and_alone(sandbox: Sandbox, rows: RowsOf) -> None:
    newsletter = next(each for each in sandbox.account.campaigns if not each.transactional)
    found = rows("contactdata", Campaign=newsletter.id, Fields="userId")
    assert {entry["Name"] for row in found for entry in row["Data"]} == {"UserId"}
    assert any(not row["Data"] for row in found)
    contact = next(each for each in sandbox.account.contacts if len(each.properties) == 2 and not each.erased)
    [alone] = rows(f"contactdata/{contact.id}")
    assert {entry["Name"]: entry["Value"] for entry in alone["Data"]} == contact.properties
    assert rows("contactdata", Email=contact.email.upper()) == [alone]
    assert [str(row["ID"]) for row in rows("contact", Email=contact.email)] == [str(contact.id)]


def test_a_list_names_its_subscribers(sandbox: Sandbox, rows: RowsOf) -> None:
    of_campaigns = [each for each in sandbox.account.campaigns if each.list_id == 123 and not each.deleted]
    targeted = {row["Email"] for each in of_campaigns for row in rows("contact", Campaign=each.id)}
    assert {row["Email"] for row in rows("contact", ContactsList=123)} == targeted


def test_erased_contacts_are_gone_but_their_messages_stay(sandbox: Sandbox, get: Get, rows: RowsOf) -> None:
    for contact in (each for each in sandbox.account.contacts if each.erased):
        assert get(f"contact/{contact.id}").status_code == 404
        assert get(f"contactdata/{contact.id}").status_code == 404
        assert rows("contact", Email=contact.email) == []
        assert rows("message", Contact=contact.id)


def test_statistics_are_filtered_by_campaign_list_message_and_custom_value(
    sandbox: Sandbox, rows: RowsOf, count: Count
) -> None:
    opened = sandbox.account.opens[50]
    of_message = rows("openinformation", MessageID=opened.message.id)
    assert {int(row["MessageID"]) for row in of_message} == {opened.message.id}
    of_campaign = rows("openinformation", CampaignID=opened.message.campaign.id)
    assert {int(row["CampaignID"]) for row in of_campaign} == {opened.message.campaign.id}
    gardens = {each.id for each in sandbox.account.campaigns if each.custom_value == "spring-garden"}
    found = rows("openinformation", CustomCampaign="spring-garden")
    assert {int(row["CampaignID"]) for row in found} == gardens
    assert gardens < {int(row["CampaignID"]) for row in rows("openinformation", ContactsList=123)}
    assert count("clickstatistics", MessageStatus=4) <= count("clickstatistics")


def test_campaigns_are_filtered(sandbox: Sandbox, rows: RowsOf, count: Count) -> None:
    assert {row["CustomValue"] for row in rows("campaign", CustomCampaign="mj.nl=123")} == {"mj.nl=123"}
    assert {str(row["ListID"]) for row in rows("campaign", ContactsList=124)} == {"124"}
    half = int((sandbox.start + timedelta(days=15)).timestamp())
    assert count("campaign", FromTS=half) + count("campaign", ToTS=half) == count("campaign")


def test_an_undefined_field_gives_rows_without_data_or_400(sandbox: Sandbox, get: Get, rows: RowsOf) -> None:
    assert {len(row["Data"]) for row in rows("contactdata", Fields="nothing")} == {0}
    sandbox.switches = Switches(undefined_field="error")
    assert get("contactdata", Fields="nothing").status_code == 400
    assert get("contactdata", Fields="USERID").status_code == 200
    sandbox.switches = Switches(undefined_field="error", fields_match_case=True)
    assert get("contactdata", Fields="userId").status_code == 400
    assert get("contactdata", Fields="UserId").status_code == 200


def test_contact_data_may_have_rows_only_of_those_who_have_some(
    sandbox: Sandbox, get: Get, rows: RowsOf, count: Count
) -> None:
    without = [each for each in sandbox.account.contacts if not (each.properties or each.erased)]
    everybody = count("contactdata")
    sandbox.switches = Switches(contact_data_of="those with data")
    assert count("contactdata") == len(rows("contactdata")) == everybody - len(without) < everybody
    assert {get(f"contactdata/{each.id}").status_code for each in without} == {404}
    sandbox.switches = Switches(contact_data_of="those with the field")
    with_field = rows("contactdata", Fields="userId")
    assert len(with_field) == count("contactdata", Fields="userId") < everybody - len(without)
    assert all(row["Data"] for row in with_field)


def test_a_property_may_have_a_twin_that_comes_first(sandbox: Sandbox, rows: RowsOf) -> None:
    sandbox.switches = Switches(twin_property=True)
    names = [row["Name"] for row in rows("contactmetadata")]
    assert names.index("uSERiD") < names.index("UserId")
    contact = next(each for each in sandbox.account.contacts if len(each.properties) == 2 and not each.erased)
    [alone] = rows(f"contactdata/{contact.id}")
    twin, *_, own = alone["Data"]
    assert twin == {"Name": "uSERiD", "Value": f"twin-{contact.id}"}
    assert own == {"Name": "UserId", "Value": contact.properties["UserId"]}


def test_an_erased_contact_may_be_left_with_an_invalid_address(sandbox: Sandbox, get: Get, rows: RowsOf) -> None:
    sandbox.switches = Switches(erased_contact="invalid address")
    contact = next(each for each in sandbox.account.contacts if each.erased)
    assert [row["Email"] for row in rows(f"contact/{contact.id}")] == [f"{contact.id}@domain.invalid"]
    assert get("contact/1").status_code == get(f"contactdata/{contact.id}").status_code == 404


@pytest.mark.parametrize("answer", ["400", "404"])
def test_a_filter_by_what_is_gone_may_be_refused(sandbox: Sandbox, get: Get, answer: Any) -> None:
    sandbox.switches = Switches(filter_by_what_is_gone=answer)
    contact = next(each for each in sandbox.account.contacts if each.erased)
    campaign = next(each for each in sandbox.account.campaigns if each.deleted)
    here = next(each for each in sandbox.account.contacts if not each.erased)
    assert get("message", Contact=contact.id).status_code == int(answer)
    assert get("contactdata", Campaign=campaign.id, countOnly=1).status_code == int(answer)
    assert get("message", Contact=here.id).status_code == 200


def test_contacts_may_leave_and_come_while_a_listing_is_paged(get_from: Callable[..., requests.Response]) -> None:
    with Sandbox(seed=5, messages=40, contacts=60) as sandbox:

        def listed() -> list[int]:
            return [int(row["ID"]) for row in get_from(sandbox, "contactdata", Limit=1_000).json()["Data"]]

        before, account = listed(), sandbox.account
        assert isinstance(account, HeldAccount)
        gone, left = account.contact_by_id[before[10]], account.contact_by_id[before[20]]
        account.change_contacts(gone=[gone, left])
        account.change_contacts(come=[left, replace(gone, id=before[-1] + 1)])
        assert listed() == [each for each in before if each != gone.id] + [before[-1] + 1]
        assert get_from(sandbox, f"contact/{gone.id}").status_code == 404


def unix(text: str) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())
