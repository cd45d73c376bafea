"""Plants: each does what it is meant to, its truth is known, and an account without plants has none of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import pytest

from mailjet_sandbox.happened import Happened
from mailjet_sandbox.held_account import HeldAccount, make_account
from mailjet_sandbox.lives import DAY, HOUR
from mailjet_sandbox.messages import hard_lives
from mailjet_sandbox.plants import GUARDED, MAILBOXES, PLANTS, SCANNED, SILENT, actor_of, links_of
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.user_agents import PRIVACY_PROXY
from unit_tests.receiver import receiving

START, MESSAGES = 1_746_144_000, 4_000


@pytest.fixture(scope="module")
def account() -> HeldAccount:
    return make_account(1, START, 30, MESSAGES, planted=True)


@pytest.fixture(scope="module")
def bare() -> HeldAccount:
    return make_account(1, START, 30, MESSAGES)


@pytest.fixture(scope="module")
def planted(account: HeldAccount) -> Mapping[str, Sequence[tuple[int, str, str, int]]]:
    """By plant: seconds after the delivery, status, URL and agent of each event."""
    found = defaultdict(list)
    for message in account.messages:
        for event in message.events:
            found[event.plant].append((event.at - (message.delivered_at or 0), event.status, event.url, event.agent))
    return found


def domain_of(address: str) -> str:
    return address.partition("@")[2]


def test_plants_need_a_choice_and_leave_all_else_as_it_was(account: HeldAccount, bare: HeldAccount) -> None:
    assert not any(event.plant for message in bare.messages for event in message.events)
    assert [(message.id, message.arrived_at, message.contact.id) for message in account.messages] == [
        (message.id, message.arrived_at, message.contact.id) for message in bare.messages
    ]
    for place in hard_lives(MESSAGES):
        without_complaint = [event for event in bare.messages[place].events if event.status != "spam"]
        assert [event for event in account.messages[place].events if event.status != "spam"] == without_complaint


def test_the_same_seed_plants_the_same(account: HeldAccount) -> None:
    assert make_account(1, START, 30, MESSAGES, planted=True).messages == account.messages


def test_every_plant_grows(planted: Mapping[str, Sequence[object]]) -> None:
    assert {name for name in planted if name} == set(PLANTS)
    assert min(len(planted[name]) for name in PLANTS) >= 5


def test_a_proxy_opens_soon_after_the_delivery_and_says_only_mozilla(
    planted: Mapping[str, Sequence[tuple[int, str, str, int]]],
) -> None:
    assert {(status, agent) for _, status, _, agent in planted["proxy"]} == {("opened", PRIVACY_PROXY.id)}
    assert PRIVACY_PROXY.full == "Mozilla/5.0"
    assert all(0 < after < 11 * 60 for after, *_ in planted["proxy"])


def test_a_scanner_clicks_every_link_of_a_message_within_seconds(account: HeldAccount) -> None:
    scanned = opened = 0
    for message in account.messages:
        burst = [event for event in message.events if event.plant == "scanner"]
        if burst:
            scanned += 1
            opened += burst[0].status == "opened"
            assert domain_of(message.contact.email) == SCANNED
            assert {event.url for event in burst if event.url} == set(links_of(message.campaign.id))
            assert burst[0].at > (message.delivered_at or 0) > burst[-1].at - 40
    assert 0.3 < opened / scanned < 0.7


def test_a_gateway_clicks_one_link_and_a_fast_person_is_as_fast_at_times(
    account: HeldAccount, planted: Mapping[str, Sequence[tuple[int, str, str, int]]]
) -> None:
    fast = [after for after, status, *_ in planted["fast"] if status == "clicked"]
    assert max(after for after, *_ in planted["gateway"]) <= 8 < max(fast)
    assert min(fast) >= 6
    assert max(fast) <= 20
    for message in account.messages:
        of = Counter(event.plant for event in message.events if event.status == "clicked")
        assert of["gateway"] <= 1
        assert of["fast"] <= 1
        assert not of["gateway"] or domain_of(message.contact.email) == GUARDED


def test_people_open_several_links_within_seconds_hours_after_the_delivery(
    planted: Mapping[str, Sequence[tuple[int, str, str, int]]],
) -> None:
    clicks = [(after, url) for after, status, url, _ in planted["tabs"] if status == "clicked"]
    assert len({url for _, url in clicks}) > 3
    assert HOUR < min(after for after, _ in clicks) < max(after for after, _ in clicks) < DAY


def test_an_event_has_one_actor(account: HeldAccount) -> None:
    actors = defaultdict(set)
    for message in account.messages:
        for event in message.events:
            actors[message.id, event.at, event.status, event.url].add(actor_of(event))
    assert {len(found) for found in actors.values()} == {1}


def test_people_have_mailboxes_that_nobody_has_and_gmail_tells_of_no_complaint(account: HeldAccount) -> None:
    domains = Counter(domain_of(contact.email) for contact in account.contacts)
    assert {*MAILBOXES, SCANNED, GUARDED} <= domains.keys()
    assert all("~" in contact.email for contact in account.contacts if domain_of(contact.email) in MAILBOXES)
    complained = {
        domain_of(message.contact.email)
        for message in account.messages
        if any(event.status == "spam" for event in message.events)
    }
    assert complained
    assert SILENT not in complained


def _known(event: Happened) -> tuple[str, int, str, str]:
    return event.email_id, int(event.at.timestamp()), event.link_url or "", event.agent.full if event.agent else ""


def test_webhooks_tell_of_plants_and_never_whose_they_are() -> None:
    with Sandbox(messages=400, planted=True) as sandbox, receiving() as (receiver,):
        for kind in ("open", "click"):
            sandbox.callback_urls.add({"EventType": kind, "Url": receiver.origin, "Version": 2})
        sandbox.post_webhooks()
        posted = [
            (str(item["MessageID"]), item["time"], item.get("url") or "", item["agent"]) for item in receiver.items
        ]
        assert sorted(posted) == sorted(_known(event) for event in sandbox.truth() if event.actor)
        words = {word for item in receiver.items for word in item}
        assert not words & {"actor", "plant"}
    assert {event.plant for event in sandbox.truth()} > {"proxy", "scanner"}
