"""`eventcallbackurl`: the addresses of webhooks, as Mailjet's OpenAPI file, its guide and its users describe them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches

URL = "https://shop:secret@collector.example.com/mailjet/shop"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(messages=20, switches=Switches(numbers_as_text=False)) as fresh:
        yield fresh


def _call(sandbox: Sandbox, method: str, path: str = "", body: Any = None, **query: str) -> requests.Response:
    return requests.request(
        method,
        f"{sandbox.mailjet_url}/v3/REST/eventcallbackurl{path}",
        json=body,
        params=query,
        auth=(sandbox.api_key, sandbox.api_key_secret),
        timeout=5,
    )


def _add(sandbox: Sandbox, **fields: Any) -> dict[str, Any]:
    answer = _call(sandbox, "POST", body={"EventType": "open", "Url": URL, "Version": 2, **fields})
    assert answer.status_code == 201, answer.text
    (row,) = answer.json()["Data"]
    return dict(row)


def test_an_address_is_added_read_changed_and_removed(sandbox: Sandbox) -> None:
    row = _add(sandbox, Status="alive", IsBackup=False)
    assert row == {
        **{"APIKeyID": row["APIKeyID"], "EventType": "open", "ID": row["ID"], "IsBackup": False},
        **{"Status": "alive", "Url": URL, "Version": 2},
    }
    path = f"/{row['ID']}"
    assert _call(sandbox, "GET", path).json()["Data"] == [row]
    changed = _call(sandbox, "PUT", path, {"Url": "https://other.example.com/"})
    assert changed.status_code == 200
    assert changed.json()["Data"] == [{**row, "Url": "https://other.example.com/"}]
    removed = _call(sandbox, "DELETE", path)
    assert (removed.status_code, removed.content) == (204, b"")
    assert _call(sandbox, "GET", path).status_code == 404
    assert _call(sandbox, "DELETE", path).status_code == 404


def test_a_types_place_is_taken_once(sandbox: Sandbox) -> None:
    _add(sandbox, EventType="sent")
    again = _call(sandbox, "POST", body={"EventType": "sent", "Url": URL})
    assert again.status_code == 400
    assert again.json() == {
        "ErrorInfo": "",
        "ErrorMessage": 'MJ18 A EventCallbackURL resource with value "7|false" for EventType|Backup already exists.',
        "StatusCode": 400,
    }
    backup = _add(sandbox, EventType="sent", IsBackup=True)
    assert backup["IsBackup"] is True
    assert _call(sandbox, "PUT", f"/{backup['ID']}", {"IsBackup": False}).status_code == 400


def test_a_listing_has_ten_rows_unless_asked_and_is_sorted_by_id_only(sandbox: Sandbox) -> None:
    for event_type in ("open", "click", "bounce", "spam", "blocked", "unsub", "sent"):
        for is_backup in (False, True):
            _add(sandbox, EventType=event_type, IsBackup=is_backup)
    assert len(_call(sandbox, "GET").json()["Data"]) == 10
    everything = _call(sandbox, "GET", Limit="100").json()["Data"]
    assert len(everything) == 14
    assert _call(sandbox, "GET", Limit="100", Sort="ID DESC").json()["Data"] == everything[::-1]
    assert _call(sandbox, "GET", Sort="EventType").status_code == 400
    assert _call(sandbox, "GET", countOnly="1").json()["Count"] == 14
    assert [row["EventType"] for row in _call(sandbox, "GET", EventType="click").json()["Data"]] == ["click", "click"]
    assert all(row["IsBackup"] for row in _call(sandbox, "GET", Backup="true").json()["Data"])
    assert _call(sandbox, "GET", Colour="red").status_code == 400


def test_a_suspended_address_comes_back_only_as_another(sandbox: Sandbox) -> None:
    row = _add(sandbox)
    sandbox.callback_urls.suspend(URL)
    path = f"/{row['ID']}"
    assert _call(sandbox, "GET", path).json()["Data"][0]["Status"] == "dead"
    assert _call(sandbox, "PUT", path, {"Status": "alive"}).json()["Data"][0]["Status"] == "dead"
    new_password = URL.replace("secret", "another")
    assert _call(sandbox, "PUT", path, {"Url": new_password}).json()["Data"][0]["Status"] == "dead"
    _call(sandbox, "DELETE", path)
    assert _add(sandbox)["Status"] == "dead"
    assert _add(sandbox, EventType="click", Url=f"{URL}/2")["Status"] == "alive"


@pytest.mark.parametrize(
    "fields",
    [
        {"EventType": "opened"},
        {"Url": "not an address"},
        {"Url": "ftp://example.com"},
        {"Version": 3},
        {"Colour": "red"},
        {"EventType": None},
    ],
)
def test_what_mailjet_does_not_know_is_refused(sandbox: Sandbox, fields: dict[str, Any]) -> None:
    assert _call(sandbox, "POST", body={"EventType": "open", "Url": URL, **fields}).status_code == 400
    assert _call(sandbox, "GET").json()["Data"] == []


def test_a_body_without_an_address_is_refused(sandbox: Sandbox) -> None:
    assert _call(sandbox, "POST", body={"EventType": "open"}).status_code == 400
    assert _call(sandbox, "POST", body=[]).status_code == 400
    assert _call(sandbox, "POST", "/7", {}).status_code == 405


def test_it_wants_the_keys_and_may_be_forbidden(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.mailjet_url}/v3/REST/eventcallbackurl", timeout=5).status_code == 401
    sandbox.switches = Switches(forbidden=frozenset({"eventcallbackurl"}))
    assert _call(sandbox, "GET").status_code == 403


def test_no_other_resource_is_written(sandbox: Sandbox) -> None:
    auth = (sandbox.api_key, sandbox.api_key_secret)
    assert requests.post(f"{sandbox.mailjet_url}/v3/REST/message", json={}, auth=auth, timeout=5).status_code == 405
