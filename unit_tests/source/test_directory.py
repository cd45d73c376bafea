"""Objects that are looked up one after the other: the listing of all is read once that would have been cheaper."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Literal

import pytest

from mailjet_reading.lookups.contact_property import Property
from mailjet_reading.lookups.scratch_store import Store
from mailjet_reading.lookups.user_ids import user_id_directory
from mailjet_rest.client import Mailjet, Patience
from mailjet_rest.directory import Directory
from mailjet_rest.rows import parse_contact
from mailjet_sandbox.people import FIRST_PLAIN, normal_user_id
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches


@contextmanager
def user_ids(with_user_id: float, contacts: int = 2_500) -> Iterator[tuple[Sandbox, Directory[str]]]:
    """The user ids of an account whose contacts fill several pages."""
    rates = Rates(with_user_id=with_user_id, erased=0)
    sandbox = Sandbox(seed=42, messages=10, contacts=contacts, rates=rates, hard_cases=False)
    with sandbox, ThreadPoolExecutor(2) as pool:
        api = Mailjet(sandbox.mailjet_url, sandbox.api_key, sandbox.api_key_secret, 10_000, Patience(first_wait_s=0.01))
        store = Store()
        try:
            yield sandbox, user_id_directory(api, store, pool, Property("userId", False))
        finally:
            store.close()
            api.close()


@pytest.mark.parametrize("with_user_id", [0.0, 1.0])
def test_contacts_asked_for_one_by_one_are_listed_soon_whether_they_have_a_user_id_or_not(with_user_id: float) -> None:
    with user_ids(with_user_id) as (sandbox, directory):
        name = sandbox.account.property_name or ""
        for one in [*sandbox.account.contacts][FIRST_PLAIN : FIRST_PLAIN + 400]:
            assert directory.look_up([str(one.id)]) == {str(one.id): normal_user_id(one.properties.get(name))}
        assert sandbox.request_count < 15


def test_contacts_that_do_not_exist_are_soon_proven_not_to() -> None:
    with user_ids(1.0) as (sandbox, directory):
        for number in range(30):
            assert directory.look_up([str(number + 1)]) == {str(number + 1): None}
        assert sandbox.request_count < 10


@pytest.mark.parametrize("answer", ["400", "404"])
def test_a_group_whose_filter_is_refused_is_asked_for_one_by_one(answer: Literal["400", "404"]) -> None:
    with user_ids(1.0, contacts=6_000) as (sandbox, directory):
        sandbox.switches = Switches(filter_by_what_is_gone=answer)
        deleted = next(each for each in sandbox.account.campaigns if each.deleted)
        some = [*sandbox.account.contacts][FIRST_PLAIN : FIRST_PLAIN + 5]
        for _ in range(2):
            found = directory.look_up([str(one.id) for one in some], {str(one.id): str(deleted.id) for one in some})
            assert found == {str(one.id): normal_user_id(one.properties.get("UserId")) for one in some}
        assert sum("Campaign" in one.query for one in sandbox.requests) == 1


def test_objects_that_do_not_exist_are_no_reason_to_list_all_others_where_that_proves_nothing() -> None:
    with user_ids(1.0) as (sandbox, _), ThreadPoolExecutor(2) as pool:
        api = Mailjet(sandbox.mailjet_url, sandbox.api_key, sandbox.api_key_secret, 10_000)
        directory = Directory(api, "contact", parse_contact, pool)
        for number in range(30):
            assert directory.look_up([str(number + 1)]) == {str(number + 1): None}
        listed = [one for one in sandbox.requests if one.path.endswith("/contact")]
        assert len(listed) < 3
        api.close()
