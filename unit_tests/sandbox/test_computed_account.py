"""The computed account: whatever is asked of it by arithmetic is what a look at each of its messages finds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mailjet_sandbox.account import EventFilter
from mailjet_sandbox.computed_account import ComputedAccount, newsletter_account
from mailjet_sandbox.listing import Listings
from mailjet_sandbox.lives import DAY, HOUR, NEVER_SENT
from mailjet_sandbox.messages import Message
from mailjet_sandbox.people import ERASED, HARD_VALUES, UNLISTED
from mailjet_sandbox.query import Query
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.resources import RESOURCES
from mailjet_sandbox.switches import Switches
from mailjet_sandbox.timetable import Timetable

START = 1_746_144_000
OFTEN = Rates(late=0.3, unsubscribed=0.05, spam=0.03, bounced=0.05, preblocked=0.02, erased=0.05, unlisted=0.05)
NOW = START + 16 * DAY + 9 * HOUR + 1_200
"""Minutes after a newsletter began to go out: some of it has arrived, some waits."""


@pytest.fixture(scope="module")
def account() -> ComputedAccount:
    return ComputedAccount(7, START, 30, contacts=300, singles_per_day=60, rates=OFTEN)


@pytest.fixture(scope="module")
def messages(account: ComputedAccount) -> list[Message]:
    return list(account.messages)


@pytest.fixture(scope="module")
def large() -> ComputedAccount:
    """Sixty days of 200,000 messages, a third of the time ahead."""
    return newsletter_account(200_000, seed=3, days=60, days_ahead=30)


WORDS = (
    *("unknown", "queued", "sent", "opened", "clicked", "bounce"),
    *("spam", "unsub", "blocked", "softbounced", "hardbounced", "deferred"),
)
"""What each number of the filter `MessageStatus` means."""


def words(message: Message) -> list[str]:
    return [event.status for event in message.events]


def ids(account: ComputedAccount, path: str, switches: Switches | None = None, **query: object) -> list[Any]:
    """The IDs that a listing has at `NOW`; an event's are the ID of its message and its second."""
    parameters = {name: str(value) for name, value in query.items()}
    found = RESOURCES[path].select(Query(account.at(NOW), parameters, switches or Switches()))
    return [(each.message.id, each.event.at) if hasattr(each, "event") else each.id for each in found]


@pytest.mark.parametrize(
    "contacts, singles_per_day", [(20, 5), (20, 0), (4_000, 500), (7, 300.5), (1, 3), (2, 2)], ids=str
)
def test_the_timetable_is_the_same_in_both_directions(contacts: int, singles_per_day: float) -> None:
    sends_at = [place * 2 * DAY + 32_400 for place in range(14)]
    timetable = Timetable(30 * DAY, [(at, 5_400) for at in sends_at], contacts, singles_per_day)
    sends = timetable.sends(np.arange(timetable.total))
    assert timetable.total == 14 * contacts + int(30 * singles_per_day)
    assert (np.diff(sends.arrived) >= 0).all()
    for at in (-1, 0, 1, sends_at[1] - 1, sends_at[1], sends_at[1] + 77, 3 * DAY, 30 * DAY):
        assert timetable.arrived_by(at) == np.searchsorted(sends.arrived, at, "right")
    for place in range(14):
        numbers = timetable.of_newsletter(place)
        assert numbers.tolist() == np.flatnonzero(sends.newsletter == place).tolist()
        assert sorted(sends.contact[numbers].tolist()) == list(range(contacts))
        assert sends.arrived[numbers[0]] >= sends_at[place]
        assert sends.arrived[numbers[-1]] < sends_at[place] + 5_400
    assert timetable.of_singles().tolist() == np.flatnonzero(sends.newsletter == -1).tolist()
    for contact in {0, contacts // 2, contacts - 1}:
        numbers = timetable.of_contact(contact)
        assert numbers.tolist() == np.flatnonzero(sends.contact == contact).tolist()
        assert timetable.count_of_contact(contact) == len(numbers)


def test_a_seed_gives_the_same_account_and_another_seed_another(messages: list[Message]) -> None:
    again = ComputedAccount(7, START, 30, contacts=300, singles_per_day=60, rates=OFTEN)
    assert list(again.messages) == messages
    other = ComputedAccount(8, START, 30, contacts=300, singles_per_day=60, rates=OFTEN)
    assert [each.events for each in other.messages] != [each.events for each in messages]


def test_the_seed_that_figures_were_published_for_keeps_its_account() -> None:
    """Figures measured on another account for the same seed could not be compared with them."""
    account = newsletter_account(1_000)
    assert account.mail.timetable.total == 1_485
    counts = {kind: len(events) for kind, events in account.events.index.items()}
    assert counts == {"opens": 685, "clicks": 114, "bounces": 36}
    one = account.messages[700]
    assert (one.id, one.uuid) == (1_152_921_510_142_317_936, "992b581b-3b52-4c00-8d2a-e356cca1abc4")


def test_a_message_is_the_same_alone_and_among_others(account: ComputedAccount, messages: list[Message]) -> None:
    for number in (0, 1, 500, len(messages) - 1):
        assert account.messages[number] == messages[number]
    assert list(account.messages[300:20:-7]) == messages[300:20:-7]
    for kind in ("opens", "clicks", "bounces"):
        listed = list(getattr(account, kind))
        assert getattr(account, kind)[11] == listed[11]


def test_message_ids_grow_with_time_and_a_life_is_in_order(messages: list[Message]) -> None:
    found = [message.id for message in messages]
    assert found == sorted(set(found))
    assert min(found) > 2**53
    assert [each.arrived_at for each in messages] == sorted(each.arrived_at for each in messages)
    assert len({message.uuid for message in messages}) == len(messages)
    for message in messages:
        instants = [event.at for event in message.events]
        assert instants == sorted(instants)
        assert instants[0] >= message.arrived_at >= message.created_at
        assert words(message).count("sent") + len({"softbounced", "hardbounced", "blocked"} & set(words(message))) == 1
        if {"opened", "clicked", "unsub", "spam"} & set(words(message)):
            assert message.delivered_at is not None


def test_events_are_listed_in_order_of_time_and_none_is_missing(
    account: ComputedAccount, messages: list[Message]
) -> None:
    for kind, statuses in (
        ("opens", {"opened"}),
        ("clicks", {"clicked"}),
        ("bounces", {"softbounced", "hardbounced", "blocked"}),
    ):
        listed = [(each.event.at, each.message.id, each.event) for each in getattr(account, kind)]
        of_messages = [(e.at, m.id, e) for m in messages for e in m.events if e.status in statuses]
        assert [each[:2] for each in listed] == sorted(each[:2] for each in of_messages)
        assert sorted(listed) == sorted(of_messages)


@pytest.mark.parametrize("path", ["message", "openinformation", "clickstatistics"])
@pytest.mark.parametrize("shows", [{}, {"ShowSubject": "true", "ShowContactAlt": "true", "ShowCustomID": "true"}])
def test_rows_in_bulk_are_those_of_the_objects(account: ComputedAccount, path: str, shows: dict[str, str]) -> None:
    resource = RESOURCES[path]
    query = Query(account.at(NOW), shows if path == "message" else {}, Switches())
    selected: Any = resource.select(query)
    assert len(selected) > 80
    assert selected.rows(query) == [resource.row(each, query) for each in selected]


@pytest.mark.parametrize(
    "switches",
    [Switches(), Switches(from_ts_inclusive=True, to_ts_inclusive=True), Switches(messages_cut_by="creation")],
    ids=["exclusive", "inclusive", "creation"],
)
def test_messages_are_cut_by_time(account: ComputedAccount, messages: list[Message], switches: Switches) -> None:
    arrived = [each for each in messages if each.arrived_at <= NOW]
    clock: Callable[[Message], int] = (
        (lambda each: each.created_at) if switches.messages_cut_by == "creation" else (lambda each: each.arrived_at)
    )
    first, last = clock(arrived[200]), clock(arrived[-20])
    since, until = first + (not switches.from_ts_inclusive), last - (not switches.to_ts_inclusive)
    expected = [each.id for each in arrived if since <= clock(each) <= until]
    assert ids(account, "message", switches, FromTS=first, ToTS=last) == expected
    assert ids(account, "message", switches, FromTS=first) == [each.id for each in arrived if clock(each) >= since]
    assert ids(account, "message", switches) == [each.id for each in arrived]
    for bounds in ({"FromTS": last, "ToTS": first}, {"FromTS": NOW + 1}, {"ToTS": START - 1}):
        assert ids(account, "message", switches, **bounds) == []


@pytest.mark.parametrize("status", range(12))
def test_messages_are_filtered_by_status(account: ComputedAccount, messages: list[Message], status: int) -> None:
    arrived = [each for each in messages if each.arrived_at <= NOW]
    expected = [each.id for each in arrived if each.status_at(NOW) == WORDS[status]]
    assert bool(expected) == (WORDS[status] != "bounce")
    assert ids(account, "message", MessageStatus=status) == expected


def test_messages_are_filtered_by_campaign_contact_state_and_custom_id(
    account: ComputedAccount, messages: list[Message]
) -> None:
    arrived = [each for each in messages if each.arrived_at <= NOW]
    for campaign in account.campaigns:
        of_campaign = [each.id for each in arrived if each.campaign == campaign]
        assert ids(account, "message", Campaign=campaign.id) == of_campaign
        assert [each.id for each in account.messages_by_campaign[campaign.id] if each.arrived_at <= NOW] == of_campaign
    for one in (arrived[0], arrived[333], arrived[-1]):
        of_contact = [each for each in arrived if each.contact == one.contact]
        assert ids(account, "message", Contact=one.contact.id) == [each.id for each in of_contact]
        both = [each.id for each in of_contact if each.campaign == one.campaign]
        assert ids(account, "message", Contact=one.contact.id, Campaign=one.campaign.id) == both
        assert account.message_count(one.contact) == sum(each.contact == one.contact for each in messages)
    for state in (0, 3, 14):
        with_state = [m.id for m in arrived if any(e.state == state for e in m.events if e.at <= NOW)]
        assert with_state
        assert ids(account, "message", MessageState=state) == with_state
    ordered = next(each for each in arrived if each.custom_id)
    assert ids(account, "message", CustomID=ordered.custom_id) == [ordered.id]
    for query in (
        {"Contact": 5},
        {"Campaign": 5},
        {"CustomID": f"order-0{ordered.custom_id[6:]}"},
        {"CustomID": "mine"},
    ):
        assert ids(account, "message", **query) == [], query


@pytest.mark.parametrize(
    "path, kind",
    [("openinformation", "opens"), ("clickstatistics", "clicks"), ("bouncestatistics", "bounces")],
    ids=["opens", "clicks", "bounces"],
)
def test_events_are_filtered(account: ComputedAccount, path: str, kind: str) -> None:
    listed = [each for each in getattr(account, kind) if each.event.at <= NOW]

    def those(passes: Callable[[Any], bool]) -> list[tuple[int, int]]:
        return [(each.message.id, each.event.at) for each in listed if passes(each)]

    first, last, one = listed[20].event.at, listed[-20].event.at, listed[40].message
    expected = those(lambda each: first <= each.event.at <= last)
    assert ids(account, path, EventFromTs=first, EventToTs=last) == expected
    exclusive = Switches(event_bounds_inclusive=False)
    expected = those(lambda each: first < each.event.at < last)
    assert ids(account, path, exclusive, EventFromTs=first, EventToTs=last) == expected
    expected = those(lambda each: each.message.campaign == one.campaign)
    assert ids(account, path, CampaignID=one.campaign.id) == expected
    expected = those(lambda each: each.message.campaign.send_start_at > START + 9 * DAY)
    assert ids(account, path, FromTS=START + 9 * DAY) == expected
    expected = those(lambda each: each.message.status_at(NOW) == "opened")
    assert ids(account, path, MessageStatus=3) == expected
    if kind != "bounces":
        assert ids(account, path, MessageID=one.id) == those(lambda each: each.message.id == one.id)
        assert ids(account, path, MessageID=one.id + 1) == []
    assert ids(account, path, EventFromTs=last, EventToTs=first) == ids(account, path, EventFromTs=NOW + 1) == []


def test_contacts_are_listed_by_campaign_by_list_and_by_address(account: ComputedAccount) -> None:
    people = list(account.contacts)
    here = [each for each in people if not each.erased]
    assert ids(account, "contact") == ids(account, "contactdata") == [each.id for each in here]
    newsletter = next(each for each in account.campaigns if not each.transactional)
    targeted = [each.id for each in here if not each.unlisted]
    assert len(targeted) < len(here) < len(people)
    assert ids(account, "contact", Campaign=newsletter.id) == targeted
    assert ids(account, "contact", ContactsList=newsletter.list_id) == targeted
    nobody = [account.campaigns[0].id, account.campaigns[-1].id, 5]
    assert [ids(account, "contact", Campaign=campaign) for campaign in nobody] == [[], [], []]
    for each in people:
        assert ids(account, "contact", Email=each.email.upper()) == ([] if each.erased else [each.id])
        assert account.at(NOW).contact(each.id) == (None if each.erased else each)
    assert account.at(NOW).contact(people[0].id + 1) is account.at(NOW).contact(people[-1].id + 3) is None


def test_a_message_is_found_by_its_id_once_it_has_arrived(account: ComputedAccount, messages: list[Message]) -> None:
    found = [account.at(NOW).message(each.id) for each in messages[::29]]
    assert found == [each if each.arrived_at <= NOW else None for each in messages[::29]]
    assert account.at(NOW).message(messages[0].id + 1) is account.at(NOW).message(12) is None


@pytest.mark.parametrize("sort", ["ID", "ID+DESC"])
@pytest.mark.parametrize("path", ["message", "clickstatistics", "contact", "bouncestatistics"])
def test_a_listing_can_be_sorted_by_id(account: ComputedAccount, path: str, sort: str) -> None:
    envelope = Listings().envelope(path, {"Sort": sort, "Limit": "1000"}, account.at(NOW), Switches())
    found = [int(row["ID"]) for row in envelope["Data"]]
    assert len(found) > 50
    assert found == sorted(found, reverse=sort != "ID")


def test_contacts_have_the_hard_values_and_some_are_erased_or_not_listed(account: ComputedAccount) -> None:
    people = list(account.contacts)
    values = [each.properties.get("UserId", "absent") for each in people]
    assert values[4 : 4 + len(HARD_VALUES)] == list(HARD_VALUES)
    assert all(people[number].erased for number in ERASED)
    assert people[UNLISTED].unlisted
    assert len({each.email for each in people}) == len(people)
    nameless = ComputedAccount(7, START, 2, contacts=30, user_id_property=None)
    assert nameless.property_name is None
    assert not any("UserId" in each.properties for each in nameless.contacts)


def test_of_every_hundred_messages_so_many_are_opened_clicked_and_lost(large: ComputedAccount) -> None:
    now = large.start + 60 * DAY
    arrived = large.mail.timetable.arrived_by(60 * DAY)
    events = {kind: large.at(now).events(kind, EventFilter(0, now)) for kind in ("opens", "clicks")}
    share = {kind: len(found) / arrived for kind, found in events.items()}
    assert 0.46 < share["opens"] < 0.48
    assert 0.086 < share["clicks"] < 0.094
    rare = {name: np.searchsorted(numbers, arrived) / arrived for name, numbers in large.events.rare.items()}
    assert 0.021 < rare["lost"] < 0.0235
    assert 0.0008 < rare["unsub"] < 0.0013
    assert 0.00005 < rare["spam"] < 0.0002
    waited = large.mail.live(large.events.rare["waited"])
    late = (waited.states == 0).sum() / large.mail.timetable.total
    assert 0.0045 < late < 0.0055
    states = large.mail.live(large.events.rare["lost"]).states
    never_sent = np.isin(states, list(NEVER_SENT)).sum() / large.mail.timetable.total
    assert 0.0195 < rare["lost"] - never_sent < 0.022


def test_the_newsletter_account_is_of_the_size_asked_for() -> None:
    account = newsletter_account(550_000, days_ahead=0)
    assert account.people.count == 20_000
    assert account.mail.timetable.total == 550_000
    assert len(account.campaigns) == 4 + 26
    for messages in (3_000, 10_000, 100_000):
        assert abs(newsletter_account(messages, days_ahead=0).mail.timetable.total / messages - 1) < 0.02


def test_more_messages_than_the_index_can_number_are_refused() -> None:
    with pytest.raises(ValueError, match="more than an account"):
        newsletter_account(140_000_000)


def test_most_opens_come_within_two_days_and_some_after_weeks(large: ComputedAccount) -> None:
    waits = [each.event.at - (each.message.delivered_at or 0) for each in large.opens[::17]]
    assert 0.94 < sum(wait < 2 * DAY for wait in waits) / len(waits) < 0.98
    assert 0.01 < sum(wait > 14 * DAY for wait in waits) / len(waits) < 0.05


def test_some_opens_share_a_second_and_some_are_made_by_software(large: ComputedAccount) -> None:
    times = Counter((each.message.id, each.event.at) for each in large.opens[:20_000])
    assert max(times.values()) > 1
    agents = Counter(each.event.agent for each in large.opens[::29])
    assert {0, 99, 11, 21} <= set(agents)
    assert 0.05 < (agents[21] + agents[22]) / agents.total() < 0.11


def test_half_a_million_messages_take_a_moment_and_little_memory() -> None:
    began = time.process_time()
    account = newsletter_account(550_000)
    assert time.process_time() - began < 5
    held = sum(each.nbytes for each in (*account.events.index.values(), *account.events.rare.values()))
    assert held < 10 * account.mail.timetable.total
