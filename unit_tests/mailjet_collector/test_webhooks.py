"""Our addresses in Mailjet's Event API: registered for all types, another's left or taken over and given back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from event_store.store import Store
from event_store.values import Item, Post
from mailjet_collector.callback_urls import EVENT_TYPES, Registration
from mailjet_collector.webhook_address import Credentials, is_under, split_credentials, with_credentials
from mailjet_collector.webhooks import FORMER, Ours, Standing, plan_registration, register, remove, standing
from mailjet_rest.client import Mailjet, Patience
from mailjet_sandbox.faults import Fault, after, status
from mailjet_sandbox.sandbox import Sandbox
from segment_events.kinds import OPENED

NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)
BASE = "https://collector.example.com/in/mailjet/shop"
OURS = Ours(BASE, Credentials("shop", "a-first-password"))
URL = "https://shop:a-first-password@collector.example.com/in/mailjet/shop"
OTHER = "https://them:their-secret@other.example.com/hook?a=1"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(messages=20) as fresh:
        yield fresh


@pytest.fixture
def mailjet(sandbox: Sandbox) -> Iterator[Mailjet]:
    patience = Patience(unavailable_s=2, first_wait_s=0.01)
    with closing(Mailjet(sandbox.mailjet_url, sandbox.api_key, sandbox.api_key_secret, 1_000, patience)) as client:
        yield client


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{tmp_path / 'events.db'}")) as opened:
        opened.open_account("shop", "0123abcd", NOW)
        yield opened


def _register(mailjet: Mailjet, store: Store, take_over: bool = False, ours: Ours = OURS) -> list[Standing]:
    return register(mailjet, store, "shop", ours, take_over)


def _urls(sandbox: Sandbox) -> dict[str, str]:
    return {row.event_type: row.url for row in sandbox.callback_urls.all() if not row.is_backup}


def _writes(sandbox: Sandbox) -> list[str]:
    return [request.method for request in sandbox.requests if request.method != "GET"]


def test_all_seven_types_are_registered_grouped_and_primary(sandbox: Sandbox, mailjet: Mailjet, store: Store) -> None:
    found = _register(mailjet, store)
    rows = sandbox.callback_urls.all()
    assert _urls(sandbox) == dict.fromkeys(EVENT_TYPES, URL)
    assert len(rows) == 7
    assert all(row.is_grouped and row.is_alive and not row.is_backup for row in rows)
    assert found == [Standing("shop", event, "ours", True, BASE, None) for event in EVENT_TYPES]
    assert _writes(sandbox) == ["POST"] * 7


def test_a_second_registration_changes_nothing(sandbox: Sandbox, mailjet: Mailjet, store: Store) -> None:
    _register(mailjet, store)
    sandbox.reset_requests()
    _register(mailjet, store)
    assert _writes(sandbox) == []


def test_a_new_password_and_a_lost_grouping_are_written(sandbox: Sandbox, mailjet: Mailjet, store: Store) -> None:
    _register(mailjet, store)
    row = sandbox.callback_urls.all()[0]
    sandbox.callback_urls.change(row.id, {"Version": 1})
    _register(mailjet, store)
    assert all(row.is_grouped for row in sandbox.callback_urls.all())
    _register(mailjet, store, ours=Ours(BASE, Credentials("shop", "a-second-password")))
    assert _urls(sandbox) == dict.fromkeys(EVENT_TYPES, URL.replace("first", "second"))


def test_another_address_and_its_password_are_left(sandbox: Sandbox, mailjet: Mailjet, store: Store) -> None:
    sandbox.callback_urls.add({"EventType": "click", "Url": OTHER})
    found = _register(mailjet, store)
    assert _urls(sandbox) == {**dict.fromkeys(EVENT_TYPES, URL), "click": OTHER}
    (click,) = [place for place in found if place.event == "click"]
    assert click == Standing("shop", "click", "other", True, "https://other.example.com/hook?a=1", None)
    assert store.note("shop", FORMER) is None


def test_an_address_of_an_account_whose_name_goes_on_is_not_ours(mailjet: Mailjet, store: Store) -> None:
    assert is_under(f"{BASE}/revived", BASE)
    assert is_under(f"{BASE}/", BASE)
    assert is_under(f"{BASE}?a=1", BASE)
    assert not is_under(f"{BASE}-2", BASE)
    assert not is_under(BASE.replace("collector", "collector2"), BASE)


def test_another_address_is_taken_over_and_put_back(sandbox: Sandbox, mailjet: Mailjet, store: Store) -> None:
    for event, version in (("click", 1), ("open", 2)):
        sandbox.callback_urls.add({"EventType": event, "Url": OTHER, "Version": version})
    found = _register(mailjet, store, take_over=True)
    assert {place.state for place in found} == {"ours"}
    assert _urls(sandbox) == dict.fromkeys(EVENT_TYPES, URL)
    assert store.note("shop", FORMER) == {
        "click": {"url": OTHER, "version": 1},
        "open": {"url": OTHER, "version": 2},
    }
    found = remove(mailjet, store, "shop", OURS)
    assert _urls(sandbox) == {"click": OTHER, "open": OTHER}
    assert {row.event_type: row.is_grouped for row in sandbox.callback_urls.all()} == {"click": False, "open": True}
    assert store.note("shop", FORMER) is None
    assert {place.event: place.state for place in found if place.state != "none"} == {"click": "other", "open": "other"}


def test_a_former_address_outlives_a_registration_that_failed(sandbox: Sandbox, mailjet: Mailjet, store: Store) -> None:
    sandbox.callback_urls.add({"EventType": "click", "Url": OTHER})
    sandbox.set_faults(Fault("eventcallbackurl/101", status(400, {"ErrorMessage": "no"}), times=None))
    _register(mailjet, store, take_over=True)
    sandbox.set_faults()
    assert _urls(sandbox)["click"] == OTHER
    _register(mailjet, store, take_over=True)
    assert store.note("shop", FORMER) == {"click": {"url": OTHER, "version": 1}}
    remove(mailjet, store, "shop", OURS)
    assert _urls(sandbox) == {"click": OTHER}


def test_an_address_in_plain_http_is_not_taken_over(sandbox: Sandbox, mailjet: Mailjet, store: Store) -> None:
    plain = OTHER.replace("https", "http")
    sandbox.callback_urls.add({"EventType": "click", "Url": plain})
    found = _register(mailjet, store, take_over=True)
    assert _urls(sandbox)["click"] == plain
    assert [place.event for place in found if place.state == "other"] == ["click"]


def test_a_suspended_address_of_ours_gets_a_new_one(sandbox: Sandbox, mailjet: Mailjet, store: Store) -> None:
    _register(mailjet, store)
    sandbox.callback_urls.suspend(URL)
    assert {place.is_alive for place in standing(mailjet, store, "shop", OURS)} == {False}
    found = _register(mailjet, store)
    assert {(place.state, place.is_alive) for place in found} == {("ours", True)}
    (new,) = set(_urls(sandbox).values())
    assert new.startswith(f"{URL}/")


def test_an_address_that_was_suspended_removed_and_registered_again_gets_a_new_one(
    sandbox: Sandbox, mailjet: Mailjet, store: Store
) -> None:
    _register(mailjet, store)
    sandbox.callback_urls.suspend(URL)
    remove(mailjet, store, "shop", OURS)
    found = _register(mailjet, store)
    assert {(place.state, place.is_alive) for place in found} == {("ours", True)}


def test_a_backup_is_left(sandbox: Sandbox, mailjet: Mailjet, store: Store) -> None:
    _register(mailjet, store)
    backup = sandbox.callback_urls.add({"EventType": "click", "Url": OTHER, "IsBackup": True})
    assert {place.state for place in _register(mailjet, store, take_over=True)} == {"ours"}
    remove(mailjet, store, "shop", OURS)
    assert sandbox.callback_urls.all() == [backup]


def test_remove_leaves_another_address(sandbox: Sandbox, mailjet: Mailjet, store: Store) -> None:
    sandbox.callback_urls.add({"EventType": "click", "Url": OTHER})
    _register(mailjet, store)
    remove(mailjet, store, "shop", OURS)
    assert _urls(sandbox) == {"click": OTHER}


def test_the_last_post_of_a_type_is_told(mailjet: Mailjet, store: Store) -> None:
    item = Item(OPENED, "19421777396190490", 1_433_103_519, b"{}")
    store.receive([Post("shop", NOW, [item])])
    found = standing(mailjet, store, "shop", OURS)
    assert {place.event: place.last_post for place in found if place.last_post} == {"open": NOW}


def test_an_answer_that_was_lost_is_asked_for_again(sandbox: Sandbox, mailjet: Mailjet, store: Store) -> None:
    sandbox.set_faults(Fault("eventcallbackurl", after(status(500)), nth=2, times=1))
    found = _register(mailjet, store)
    assert {place.state for place in found} == {"ours"}
    assert len(sandbox.callback_urls.all()) == 7


def test_a_plan_keeps_the_types_together(mailjet: Mailjet) -> None:
    revived = Registration("7", "open", f"{URL}/1", 2, True, False)
    dead = Registration("8", "click", URL, 2, False, False)
    steps = plan_registration({"open": revived, "click": dead}, OURS, False, "2")
    assert {step.url for step in steps} == {f"{URL}/1"}
    assert {step.event for step in steps} == set(EVENT_TYPES) - {"open"}
    steps = plan_registration({"click": dead}, OURS, False, "2")
    assert {step.url for step in steps} == {f"{URL}/2"}


@pytest.mark.parametrize("password", ["p@ss:w/rd%", "plain-1~", "ß"])
def test_credentials_survive_an_address(password: str) -> None:
    credentials = Credentials("shop", password)
    assert split_credentials(with_credentials(BASE, credentials)) == (BASE, credentials)
    assert password not in split_credentials(with_credentials(BASE, credentials))[0]
