"""The made-up account: the same for a seed, whole by design, and full of what is hard."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from mailjet_sandbox.held_account import HeldAccount, make_account
from mailjet_sandbox.lives import DAY
from mailjet_sandbox.message_states import MESSAGE_STATES, TYPOFIX
from mailjet_sandbox.messages import Message
from mailjet_sandbox.people import HARD_VALUES, normal_user_id, stored_spelling
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.snapshot import Snapshot, Snapshots

START = 1_746_144_000


@pytest.fixture(scope="module")
def account() -> HeldAccount:
    return make_account(1, START, 30, 2_000)


def words(message: Message) -> list[str]:
    return [event.status for event in message.events]


def test_a_seed_gives_the_same_account_and_another_seed_another(account: HeldAccount) -> None:
    again = make_account(1, START, 30, 2_000)
    assert again.messages == account.messages
    assert again.contacts == account.contacts
    assert make_account(2, START, 30, 2_000).messages != account.messages


def test_a_hundred_thousand_messages_take_seconds() -> None:
    began = time.process_time()
    large = make_account(1, START, 30, 100_000)
    assert time.process_time() - began < 5
    count = Counter(word for message in large.messages for word in words(message))
    assert 45_000 < count["opened"] < 49_000
    assert 8_000 < count["clicked"] < 10_000
    assert 1_900 < count["hardbounced"] + count["softbounced"] < 2_400
    assert 70 < count["unsub"] < 180
    assert 96_500 < count["sent"] < 98_500


@pytest.mark.parametrize("messages", [1, 7, 60, 500])
def test_an_account_has_as_many_messages_as_asked_for(messages: int) -> None:
    assert len(make_account(3, START, 2, messages).messages) == messages


def test_few_contacts_get_every_newsletter_once_and_the_rest_as_single_mail() -> None:
    account = make_account(3, START, 5, 500, contacts=12)
    for campaign in account.campaigns:
        contacts = [message.contact.id for message in account.messages_by_campaign[campaign.id]]
        assert campaign.transactional or len(contacts) == len(set(contacts)) <= 12


def test_message_ids_grow_with_time_and_have_17_to_19_digits(account: HeldAccount) -> None:
    ids = [message.id for message in account.messages]
    assert ids == sorted(set(ids))
    assert {len(str(each)) for each in ids} == {17, 18, 19}
    created = [message.created_at for message in account.messages]
    assert created == sorted(created)
    arrived = [message.arrived_at for message in account.messages]
    assert arrived != sorted(arrived)


def test_no_message_is_sent_outside_the_days_asked_for(account: HeldAccount) -> None:
    assert min(message.created_at for message in account.messages) >= START
    assert max(message.arrived_at for message in account.messages) < START + 30 * DAY


def test_a_life_is_in_order_and_begins_at_arrival(account: HeldAccount) -> None:
    for message in account.messages:
        instants = [event.at for event in message.events]
        assert instants == sorted(instants)
        assert instants[0] >= message.arrived_at
        assert words(message).count("sent") <= 1
        if {"opened", "clicked", "unsub", "spam"} & set(words(message)):
            assert message.delivered_at is not None


def test_nobody_is_seen_to_open_an_untracked_message(account: HeldAccount) -> None:
    untracked = [message for message in account.messages if not message.tracked]
    assert untracked
    assert not any({"opened", "clicked"} & set(words(message)) for message in untracked)
    blind = make_account(1, START, 30, 2_000, tracked=False)
    assert not blind.opens
    assert not blind.clicks
    assert any("unsub" in words(message) for message in blind.messages)


@pytest.mark.parametrize("state", MESSAGE_STATES.keys() - {TYPOFIX})
def test_every_reason_for_a_bounce_occurs(account: HeldAccount, state: int) -> None:
    assert any(listed.event.state == state for listed in account.bounces)


@pytest.mark.parametrize(
    "life",
    [
        ["sent", "unsub", "spam"],
        ["sent", "spam", "unsub"],
        ["sent", "unsub", "opened"],
        ["sent", "unsub", "clicked"],
        ["sent", "spam", "opened"],
        ["queued", "sent", "opened", "clicked"],
        ["deferred", "sent", "unsub"],
        ["deferred", "softbounced"],
        ["queued", "hardbounced"],
    ],
)
def test_every_hard_life_is_lived_early_and_late(account: HeldAccount, life: list[str]) -> None:
    lived = [message for message in account.messages if [word for word in life if word in words(message)] == life]
    assert min(message.created_at for message in lived) < START + 15 * DAY < max(each.created_at for each in lived)


def test_opens_come_in_one_second_weeks_later_and_by_software(account: HeldAccount) -> None:
    times = Counter((listed.message.id, listed.event.at) for listed in account.opens)
    assert max(times.values()) > 1
    assert any(listed.event.at > listed.message.arrived_at + 21 * DAY for listed in account.opens)
    assert {listed.event.agent for listed in account.opens} >= {0, 99, 21, 22}


def test_two_clicks_come_in_one_second_on_one_link_and_on_two(account: HeldAccount) -> None:
    same = Counter((listed.message.id, listed.event.at, listed.event.url) for listed in account.clicks)
    two = Counter((message, at) for message, at, _ in same)
    assert max(same.values()) > 1
    assert max(two.values()) > 1
    assert any(not url.isascii() for _, _, url in same)


def test_some_deliveries_are_days_late_though_the_message_has_arrived(account: HeldAccount) -> None:
    late = [m for m in account.messages if m.delivered_at and m.delivered_at > m.arrived_at]
    assert any(m.delivered_at and m.delivered_at - m.arrived_at > 3 * DAY for m in late)
    waiting = late[0]
    statuses = {waiting.status_at(at) for at in range(waiting.arrived_at, waiting.delivered_at or 0, 60)}
    assert statuses <= {"unknown", "queued", "deferred"}


def test_contacts_have_every_hard_value_and_each_of_them_gets_mail(account: HeldAccount) -> None:
    assert account.property_name == "UserId"
    values = [contact.properties.get("UserId", "absent") for contact in account.contacts]
    assert all(any(value is hard or value == hard for value in values) for hard in HARD_VALUES)
    assert all(account.messages_by_contact[contact.id] for contact in account.contacts)


def test_erased_contacts_keep_an_address_in_some_messages_only(account: HeldAccount) -> None:
    alts = [message.contact_alt for message in account.messages if message.contact.erased]
    assert "" in alts
    assert any(alts)


def test_hard_cases_can_be_left_out() -> None:
    account = make_account(1, START, 30, 2_000, hard_cases=False)
    assert not any(words(message) == ["sent", "spam", "unsub"] for message in account.messages)


def test_rates_make_rare_things_frequent() -> None:
    account = make_account(1, START, 30, 300, rates=Rates(late=0.5, unsubscribed=0.9, bounced=0, opened=3, clicked=2))
    count = Counter(word for message in account.messages for word in words(message))
    assert count["unsub"] > 150
    assert count["opened"] > 400
    assert sum(message.delivered_at != message.arrived_at for message in account.messages) > 90


def test_no_rate_of_opens_means_no_clicks_either() -> None:
    account = make_account(1, START, 30, 300, rates=Rates(opened=0), hard_cases=False)
    assert (account.opens, account.clicks) == ([], [])


def test_only_transactional_mail_needs_no_newsletters() -> None:
    account = make_account(1, START, 30, 300, rates=Rates(transactional=1))
    assert all(campaign.transactional for campaign in account.campaigns)


@pytest.mark.parametrize(
    ("value", "user_id"),
    [
        (42, "42"),
        (43.0, "43"),
        (44.5, "44.5"),
        (1e21, "1" + "0" * 21),
        (1e-7, "0.0000001"),
        (-7, "-7"),
        (0, "0"),
        (100.0, "100"),
        (9_007_199_254_740_993, "9007199254740993"),
        ("  u-with-spaces ", "u-with-spaces"),
        ("00042", "00042"),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_a_user_id_is_trimmed_text_or_a_plain_number(value: object, user_id: str | None) -> None:
    assert normal_user_id(value) == user_id


def test_the_account_spells_a_property_in_a_case_of_its_own() -> None:
    assert (stored_spelling("userId"), stored_spelling("ID")) == ("UserId", "iD")


def test_a_snapshot_holds_what_had_arrived_by_then(account: HeldAccount) -> None:
    at = START + 10 * DAY
    snapshot = Snapshot(account, at)
    assert snapshot.by_arrival == [each for each in account.messages_by_arrival if each.arrived_at <= at]
    assert sum(map(len, snapshot.by_status.values())) == len(snapshot.by_arrival)


def test_a_snapshot_is_kept_until_something_changes(account: HeldAccount) -> None:
    snapshots = Snapshots(account)
    turn, next_turn = account.turns[500:502]
    assert snapshots.at(turn) is snapshots.at(next_turn - 1)
    assert snapshots.at(turn) is not snapshots.at(next_turn)
    assert snapshots.at(turn).by_arrival == Snapshot(account, turn).by_arrival


def test_with_a_lag_some_events_are_listed_later_than_they_happened() -> None:
    account = make_account(1, START, 30, 2_000, listing_lag_s=3_600)
    lags = [listed.listed_at - listed.event.at for listed in account.opens]
    assert max(lags) <= 3_600
    assert 0.03 < sum(lag > 0 for lag in lags) / len(lags) < 0.25
