"""Events as items of webhooks: each type's fields as Mailjet's guide prints them, and the odd forms that were met."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from mailjet_sandbox.happened import Happened
from mailjet_sandbox.odd_forms import EVERY_ODD_FORM, ODD_FORMS, OddForm, forms_of
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.webhook_items import WORDS, to_webhook_item

COMMON = {"event", "time", "MessageID", "Message_GUID", "email", "mj_campaign_id", "mj_contact_id"} | {
    *("customcampaign", "CustomID", "Payload")
}
ENGAGED = {"ip", "geo", "agent"}
FIELDS: Mapping[str, set[str]] = {
    "sent": {"mj_message_id", "smtp_reply"},
    "open": ENGAGED,
    "click": {"url", *ENGAGED},
    "bounce": {"blocked", "hard_bounce", "error_related_to", "error", "comment"},
    "blocked": {"error_related_to", "error"},
    "spam": {"source"},
    "unsub": {"mj_list_id", *ENGAGED},
}
"""Mailjet's guide, "Event API"."""


@pytest.fixture(scope="module")
def truth(shared: Sandbox) -> list[Happened]:
    return shared.truth(with_blocked=True)


def _items(truth: list[Happened], kind: str, *forms: OddForm) -> list[dict[str, Any]]:
    return [to_webhook_item(event, 0, forms) for event in truth if event.kind == kind]


@pytest.mark.parametrize("kind", WORDS)
def test_an_item_has_the_fields_of_its_type(truth: list[Happened], kind: str) -> None:
    items = _items(truth, kind)
    assert items
    for item in items:
        assert item["event"] == WORDS[kind]
        assert set(item) == COMMON | FIELDS[WORDS[kind]]
        assert all(type(item[name]) is int for name in ("time", "MessageID", "mj_campaign_id", "mj_contact_id"))


def test_what_only_webhooks_tell_is_part_of_the_truth(truth: list[Happened]) -> None:
    by_kind = {kind: [event for event in truth if event.kind == kind] for kind in WORDS}
    assert all(event.smtp_reply for event in by_kind["delivered"])
    assert all(event.ip for event in by_kind["opened"] + by_kind["clicked"] + by_kind["unsubscribed"])
    assert {event.country is None for event in by_kind["opened"]} == {True, False}
    assert all(event.comment for event in by_kind["bounced"])
    assert all(event.complaint_source for event in by_kind["spam"])
    assert any(event.payload and json.loads(event.payload)["user"] for event in truth if event.custom_id)
    assert all(event.ip is None and event.comment is None for event in by_kind["delivered"])


def test_a_proxy_has_the_country_eu(truth: list[Happened]) -> None:
    proxied = [event for event in truth if event.agent and "Proxy" in event.agent.browser]
    assert proxied
    assert {to_webhook_item(event)["geo"] for event in proxied} == {"EU"}


def test_a_blocked_message_is_in_the_truth_only_if_it_is_wanted(shared: Sandbox, truth: list[Happened]) -> None:
    blocked = [event for event in truth if event.kind == "blocked"]
    assert {event.error for event in blocked} >= {"preblocked", "duplicate in campaign", "blacklisted"}
    assert {event.stream for event in blocked} == {"email_blocked"}
    assert blocked[0].id == f"mailjet-blocked-{blocked[0].email_id}"
    assert blocked[0].at == blocked[0].arrived_at
    assert shared.truth() == [event for event in truth if event.kind != "blocked"]


def test_a_difference_moves_the_time_alone(truth: list[Happened]) -> None:
    for event in truth[:50]:
        plain, moved = to_webhook_item(event), to_webhook_item(event, 2)
        assert moved == {**plain, "time": plain["time"] + 2}


def test_numbers_as_text(truth: list[Happened]) -> None:
    item = _items(truth, "bounced", "numbers as text")[0]
    assert item["time"].isdigit()
    assert item["hard_bounce"] in ("true", "false")
    assert int(item["MessageID"]) > 2**50


def test_the_id_may_come_as_text_under_its_other_name_alone(truth: list[Happened]) -> None:
    event = truth[0]
    item = to_webhook_item(event, 0, ["mj_message_id alone"])
    assert "MessageID" not in item
    assert item["mj_message_id"] == event.email_id


@pytest.mark.parametrize(
    ("form", "nothing"), [("empty for nothing", ""), ("null for nothing", None), ("absent for nothing", "absent")]
)
def test_nothing_has_three_forms(truth: list[Happened], form: OddForm, nothing: object) -> None:
    soft = next(event for event in truth if event.bounce_type == "soft" and not event.payload)
    item = to_webhook_item(soft, 0, [form])
    assert item.get("Payload", "absent") == nothing
    assert item["hard_bounce"] is False


@pytest.mark.parametrize("form", ODD_FORMS)
def test_each_odd_form_changes_items_but_neither_type_nor_time(truth: list[Happened], form: OddForm) -> None:
    changed = 0
    for event in truth:
        plain, odd = to_webhook_item(event), to_webhook_item(event, 0, [form])
        changed += odd != plain
        assert odd["event"] == plain["event"]
        assert int(odd["time"]) == plain["time"]
        assert str(odd.get("MessageID") or odd.get("mj_message_id")) == event.email_id
    assert changed


def test_every_odd_form_comes_by_itself_and_with_others() -> None:
    met = [forms_of(EVERY_ODD_FORM, lot) for lot in range(1_000)]
    assert {form for forms in met for form in forms} == set(ODD_FORMS)
    assert any(len(forms) > 2 for forms in met)
    assert forms_of({"contact 0": 0}, 12) == []
