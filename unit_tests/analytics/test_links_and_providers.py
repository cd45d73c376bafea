"""Links, mailbox providers and recipients: what happened, gathered in other ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from mailjet_sandbox.happened import Happened
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.analytics.answers_of_truth import answers
from unit_tests.analytics.message_truth import to_messages

Answers = duckdb.DuckDBPyConnection

HOUSES = ("GMAIL.com", "yahoo.co.uk", "hotmail.fr", "me.com", "large.example")


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[Answers, list[Happened]]]:
    """The demo's account, its people at other providers."""
    events = [_moved(event) for event in Sandbox(messages=2_000, days=30).truth()]
    with answers(events) as connection:
        yield connection, events


def _moved(event: Happened) -> Happened:
    number = int(event.contact_id)
    if event.address is None or number % 100 == 1:
        return replace(event, address=None)
    domain = f"d{number}.example" if number % 11 == 0 else HOUSES[number % len(HOUSES)]
    return replace(event, address=f"{event.address.partition('@')[0]}@{domain}")


def test_links_are_counted_as_they_were_clicked(account: tuple[Answers, list[Happened]]) -> None:
    connection, events = account
    clicks, bots, messages = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for message in to_messages(events).values():
        people = {event.link_url or "" for event in message.events if message.actors.get(event.id) == "human"}
        for event in message.events:
            if event.kind == "clicked":
                counted = clicks if message.actors[event.id] == "human" else bots
                counted[message.campaign_id, event.link_url or ""] += 1
        clicked = {event.link_url or "" for event in message.events if event.kind == "clicked"}
        if message.outcome == "delivered":
            messages.update((message.campaign_id, url) for url in people & clicked)
    rows = connection.execute(
        "SELECT campaign_id, link_url, clicks_human, clicks_bot, messages_people FROM mailjet__links"
    ).fetchall()
    assert len(rows) > 20
    assert {(campaign, url) for campaign, url, *_ in rows} == {*clicks, *bots}
    for campaign, url, human, bot, people_count in rows:
        place = (campaign, url)
        assert (human, bot, people_count) == (clicks[place], bots[place], messages[place]), place


def test_the_share_of_a_link_is_of_the_campaigns_delivered_messages(account: tuple[Answers, list[Happened]]) -> None:
    connection, _ = account
    assert connection.execute(
        "SELECT count(*) FROM mailjet__links JOIN mailjet__campaigns USING (campaign_id)"
        " WHERE abs(share_of_delivered - messages_people / delivered) > 1e-12 OR messages_people > messages_all"
    ).fetchall() == [(0,)]


def test_a_provider_is_known_by_its_domains_and_a_small_domain_is_among_the_others(
    account: tuple[Answers, list[Happened]],
) -> None:
    connection, events = account
    providers = {"gmail.com": "Gmail", "yahoo.co.uk": "Yahoo", "hotmail.fr": "Microsoft", "me.com": "Apple"}
    expected = Counter[str]()
    for message in to_messages(events).values():
        address = next((event.address for event in message.events if event.address), None)
        domain = (address or "").rpartition("@")[2].lower()
        named = providers.get(domain, "Other" if domain.startswith("d") else domain)
        expected[named if address else "Unknown"] += 1
    assert dict(connection.execute("SELECT provider, messages FROM mailjet__domains").fetchall()) == expected
    assert connection.execute("SELECT provider FROM mailjet__domains WHERE NOT reports_complaints").fetchall() == [
        ("Gmail",)
    ]


def test_each_recipient_has_one_row_with_all_of_their_messages(account: tuple[Answers, list[Happened]]) -> None:
    connection, events = account
    expected = Counter[str]()
    for message in to_messages(events).values():
        first = message.events[0]
        expected[first.user_id or first.address or f"mailjet-contact-{first.contact_id}"] += 1
    assert dict(connection.execute("SELECT recipient, messages FROM mailjet__recipients").fetchall()) == expected
