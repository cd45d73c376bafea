"""Orders: each has the cause that it says, and stays as it is while the clock moves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from mailjet_sandbox.happened import Happened
from mailjet_sandbox.orders import WINDOW_S, Order
from mailjet_sandbox.sandbox import Sandbox

WINDOW = timedelta(seconds=WINDOW_S)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(messages=2_000, planted=True)


@pytest.fixture(scope="module")
def orders(sandbox: Sandbox) -> Sequence[Order]:
    return sandbox.orders()


@pytest.fixture(scope="module")
def touches(sandbox: Sandbox) -> Mapping[str, Sequence[Happened]]:
    """The opens and clicks of each message."""
    found = defaultdict(list)
    for event in sandbox.truth():
        if event.actor:
            found[event.email_id].append(event)
    return found


def test_every_cause_has_orders_and_most_have_none(orders: Sequence[Order]) -> None:
    causes = Counter(order.cause for order in orders)
    assert set(causes) == {"click", "open", "too late", "after software", "anyway"}
    assert causes["anyway"] > len(orders) / 2


def test_ids_are_unique_and_all_have_a_user_and_a_revenue(orders: Sequence[Order]) -> None:
    assert len({order.id for order in orders}) == len(orders)
    assert all(order.user_id and order.revenue > 0 for order in orders)
    assert all(order.received_at > order.at for order in orders)


def test_orders_of_a_click_or_open_follow_it_within_the_window(
    orders: Sequence[Order], touches: Mapping[str, Sequence[Happened]]
) -> None:
    for order in orders:
        if order.cause in ("click", "open"):
            kind = {"click": "clicked", "open": "opened"}[order.cause]
            assert order.email_id
            assert any(
                event.kind == kind
                and event.actor == "human"
                and event.user_id == order.user_id
                and timedelta(0) <= order.at - event.at < WINDOW
                for event in touches[order.email_id]
            )


def test_orders_after_software_are_of_messages_that_no_person_touched(
    orders: Sequence[Order], touches: Mapping[str, Sequence[Happened]]
) -> None:
    after = [order for order in orders if order.cause == "after software"]
    assert all(event.actor != "human" for order in after for event in touches[str(order.email_id)])


def test_the_first_orders_stand_on_the_edges_of_the_window(
    orders: Sequence[Order], touches: Mapping[str, Sequence[Happened]]
) -> None:
    gaps = {
        (order.at - event.at, order.cause)
        for order in orders
        if order.email_id
        for event in touches[order.email_id]
        if event.kind == "clicked"
    }
    edges = {(timedelta(0), "click"), (WINDOW - timedelta(seconds=1), "click"), (WINDOW, "too late")}
    assert edges <= gaps


def test_an_order_stays_as_it_is_while_the_clock_moves(orders: Sequence[Order]) -> None:
    earlier = Sandbox(messages=2_000, planted=True)
    now = earlier.now
    earlier.now = now - timedelta(days=7)
    assert earlier.orders() == [order for order in orders if order.received_at <= earlier.now]


def test_people_without_mail_order_too(sandbox: Sandbox, orders: Sequence[Order]) -> None:
    known = {event.user_id for event in sandbox.truth()}
    assert any(order.user_id not in known for order in orders)
