"""What the sandbox says happened is what a patient reader finds in its API, asking for everything, however slowly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from mailjet_sandbox.computed_account import newsletter_account
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches

Found = tuple[str, str, datetime, str | None, str | None, str | None, str | None]

DELIVERED = {"sent", "opened", "clicked", "unsub", "spam"}
NEVER_SENT = {14, 15, 16, 17, 18, 19, 20, 21}


class Reader:
    """Reads all of an account, one request for each thing it wants to know."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.session, self.url = requests.Session(), sandbox.mailjet_url + "/v3/REST"
        self.session.auth = (sandbox.api_key, sandbox.api_key_secret)

    def rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            asked = {**query, "Limit": "1000", "Offset": str(len(found))}
            answer = self.session.get(f"{self.url}/{path}", params=asked, timeout=5)
            if answer.status_code == 404:
                return []
            page = answer.json()["Data"]
            found += page
            if len(page) < 1_000:
                return found

    def find_everything(self) -> set[Found]:
        shown = {"ShowSubject": "true", "ShowContactAlt": "true", "ShowCustomID": "true"}
        self.messages = {str(row["ID"]): row for row in self.rows("message", **shown)}
        self.emails = {str(row["ID"]): row["Email"] for row in self.rows("contact")}
        self.user_ids = {str(row["ID"]): user_id(row) for row in self.rows("contactdata", Fields="userid")}
        found = {self.found("delivered", row, row["ArrivedAt"]) for row in self.delivered()}
        found |= {self.found("opened", row, row["OpenedAt"]) for row in self.rows("openinformation")}
        found |= {self.found("clicked", row, row["ClickedAt"], row["Url"]) for row in self.rows("clickstatistics")}
        bounces = [row for row in self.rows("bouncestatistics") if int(row["StateID"]) not in NEVER_SENT]
        found |= {self.found("bounced", row, row["BouncedAt"]) for row in bounces}
        return found | set(self.from_histories())

    def delivered(self) -> Iterator[dict[str, Any]]:
        """Each message that was delivered, with the true time of its delivery in the place of `ArrivedAt`."""
        for row in self.messages.values():
            if row["Status"] in DELIVERED:
                sent = [each for each in self.rows(f"messagehistory/{row['ID']}") if each["EventType"] == "sent"]
                yield {**row, "ArrivedAt": sent[0]["EventAt"]}

    def from_histories(self) -> Iterator[Found]:
        for row in self.messages.values():
            if row["Status"] in {"unsub", "spam"}:
                for each in self.rows(f"messagehistory/{row['ID']}"):
                    if each["EventType"] in {"unsub", "spam"}:
                        yield self.found({"unsub": "unsubscribed"}.get(each["EventType"], "spam"), row, each["EventAt"])

    def found(self, kind: str, row: dict[str, Any], at: str | int, url: str | None = None) -> Found:
        message = self.messages[str(row.get("MessageID", row.get("ID")))]
        instant = (
            datetime.fromtimestamp(at, timezone.utc)
            if isinstance(at, int)
            else datetime.fromisoformat(at.replace("Z", "+00:00"))
        )
        contact = str(message["ContactID"])
        address = message["ContactAlt"] or self.emails.get(contact)
        return (kind, str(message["ID"]), instant, url, address, self.user_ids.get(contact), message["Subject"])


def user_id(row: dict[str, Any]) -> str | None:
    values = [each["Value"] for each in row["Data"]]
    if not values or values[0] is None:
        return None
    if isinstance(values[0], float):
        return f"{values[0]:.0f}" if values[0].is_integer() else str(values[0])
    return str(values[0]).strip() or None


def found_of(happened: Happened) -> Found:
    return (
        happened.kind,
        happened.email_id,
        happened.at,
        happened.link_url,
        happened.address,
        happened.user_id,
        happened.subject,
    )


@pytest.mark.parametrize("days", [4, 17, 30, 90])
def test_an_exhaustive_reading_finds_the_truth(days: int) -> None:
    with Sandbox(seed=5, messages=400, rates=Rates(late=0.05, unsubscribed=0.05, spam=0.02)) as sandbox:
        sandbox.now = sandbox.start + timedelta(days=days)
        reader = Reader(sandbox)
        assert reader.find_everything() == {found_of(each) for each in sandbox.truth() if not each.beyond_rest}


def test_an_exhaustive_reading_finds_what_was_planted() -> None:
    with Sandbox(seed=5, messages=300, planted=True) as sandbox:
        reader = Reader(sandbox)
        assert reader.find_everything() == {found_of(each) for each in sandbox.truth() if not each.beyond_rest}
        assert any(row["UserAgentFull"] == "Mozilla/5.0" for row in reader.rows("openinformation"))


@pytest.mark.parametrize("days", [16, 45])
def test_an_exhaustive_reading_of_a_computed_account_finds_its_truth(days: int) -> None:
    rates = Rates(late=0.3, unsubscribed=0.05, spam=0.02)
    with Sandbox(account=newsletter_account(300, days=30, rates=rates)) as sandbox:
        sandbox.now = sandbox.start + timedelta(days=days, hours=9, minutes=20)
        reader = Reader(sandbox)
        assert reader.find_everything() == {found_of(each) for each in sandbox.truth() if not each.beyond_rest}
        assert any(row["Status"] in {"unknown", "queued", "deferred"} for row in reader.messages.values())


def test_with_a_lag_what_is_not_listed_yet_is_true_all_the_same() -> None:
    with Sandbox(seed=5, messages=400, listing_lag=timedelta(days=9)) as sandbox:
        listed = {found_of(each) for each in sandbox.truth() if not each.beyond_rest and each.listed_at <= sandbox.now}
        assert Reader(sandbox).find_everything() == listed
        assert any(each.listed_at > sandbox.now for each in sandbox.truth())


@pytest.mark.parametrize("is_computed", [False, True], ids=["held", "computed"])
def test_every_status_agrees_with_the_history(is_computed: bool) -> None:
    with Sandbox(seed=2, messages=300, account=newsletter_account(200, days=9) if is_computed else None) as sandbox:
        reader = Reader(sandbox)
        for row in reader.rows("message"):
            history = reader.rows(f"messagehistory/{row['ID']}")
            assert row["Status"] == (history[-1]["EventType"] if history else "unknown")


@pytest.mark.parametrize("is_computed", [False, True], ids=["held", "computed"])
def test_every_reference_is_found_or_was_meant_to_be_lost(is_computed: bool) -> None:
    with Sandbox(seed=2, messages=500, account=newsletter_account(4_000) if is_computed else None) as sandbox:
        reader = Reader(sandbox)
        ids = {path: {int(row["ID"]) for row in reader.rows(path)} for path in ("campaign", "contact", "useragent")}
        messages = reader.rows("message")
        gone = {int(row["ContactID"]) for row in messages} - ids["contact"]
        assert gone == {each.id for each in sandbox.account.contacts if each.erased}
        gone = {int(row["CampaignID"]) for row in messages} - ids["campaign"]
        assert gone == {each.id for each in sandbox.account.campaigns if each.deleted}
        assert {int(row["UserAgentID"]) for row in reader.rows("openinformation")} - ids["useragent"] == {0, 99}
        for path, gone_id in [("contact", 2_750_000_004), ("campaign", min(gone)), ("useragent", 99)]:
            assert reader.session.get(f"{reader.url}/{path}/{gone_id}", timeout=5).status_code == 404


def test_truth_is_cut_by_its_bounds_and_by_now() -> None:
    sandbox = Sandbox(messages=500)
    since, until = sandbox.start + timedelta(days=10), sandbox.start + timedelta(days=20)
    everything = sandbox.truth()
    assert sandbox.truth(since, until) == [each for each in everything if since <= each.at < until]
    sandbox.now = until
    assert {each.at <= until for each in sandbox.truth()} == {True}
    half = timedelta(microseconds=500_000)
    assert sandbox.truth(since + half, until) == sandbox.truth(since + 2 * half, until)


def test_an_unsubscribe_is_beyond_rest_once_it_is_opened_again_and_not_before() -> None:
    sandbox = Sandbox(messages=2_000)
    overwritten = next(each for each in sandbox.truth() if each.beyond_rest and each.kind == "unsubscribed")
    sandbox.now = overwritten.at
    assert [each.beyond_rest for each in sandbox.truth() if each.id == overwritten.id] == [False]


def test_ids_are_those_of_the_contract() -> None:
    sandbox = Sandbox(messages=2_000)
    happened = {each.kind: each for each in sandbox.truth()}
    clicked, opened, spam = happened["clicked"], happened["opened"], happened["spam"]
    digest = hashlib.sha256(str(clicked.link_url).encode()).hexdigest()[:8]
    assert clicked.id == f"mailjet-clicked-{clicked.email_id}-{clicked.at.timestamp():.0f}-{digest}"
    assert opened.id == f"mailjet-opened-{opened.email_id}-{opened.at.timestamp():.0f}"
    assert spam.id == f"mailjet-spam-{spam.email_id}"


@pytest.mark.parametrize("is_computed", [False, True], ids=["held", "computed"])
def test_ids_alone_are_those_of_what_happened_and_rest_can_tell(is_computed: bool) -> None:
    account = newsletter_account(2_000, rates=Rates(unsubscribed=0.05, opened=3)) if is_computed else None
    sandbox = Sandbox(messages=2_000, account=account)
    bounds = sandbox.start + timedelta(days=10), sandbox.start + timedelta(days=20, seconds=5.5)
    told = {(each.stream, each.id) for each in sandbox.truth(*bounds) if not each.beyond_rest}
    found = list(sandbox.event_ids(*bounds))
    assert len(found) == len(told) < len(sandbox.truth(*bounds))
    assert set(found) == told


def test_some_events_share_an_id() -> None:
    ids = [each.id for each in Sandbox(messages=2_000).truth()]
    assert len(set(ids)) < len(ids)


def test_a_late_delivery_says_until_when_it_waited() -> None:
    late = [each for each in Sandbox(messages=2_000).truth() if each.kind == "delivered" and each.pending_until]
    assert late
    assert all(each.pending_until == each.at > each.arrived_at for each in late)


def test_without_the_property_nobody_has_a_user_id() -> None:
    with Sandbox(messages=300, user_id_property=None) as sandbox:
        assert {each.user_id for each in sandbox.truth()} == {None}
        assert "UserId" not in [row["Name"] for row in Reader(sandbox).rows("contactmetadata")]


def test_campaign_columns_are_what_the_campaign_says() -> None:
    named = {(each.campaign_name, each.custom_campaign, each.list_id, each.list_name) for each in Sandbox().truth()}
    assert ("The week in review", None, "123", "Newsletter") in named
    assert ("Your summer offers", "mj.nl=123", "124", "Kundinnen & Kunden: Angebote für 2025 €") in named
    assert ("spring-garden", "spring-garden", "123", "Newsletter") in named
    assert ("What our partners say", None, "125", None) in named
    assert (None, None, None, None) in named


def test_the_same_seed_gives_the_same_bytes() -> None:
    def bodies() -> list[bytes]:
        with Sandbox(seed=7, messages=200, switches=Switches(names="openapi")) as sandbox:
            reader = Reader(sandbox)
            paths = ("message", "openinformation", "clickstatistics", "bouncestatistics", "contactdata", "campaign")
            return [reader.session.get(f"{reader.url}/{path}?Limit=1000", timeout=5).content for path in paths]

    assert bodies() == bodies()
