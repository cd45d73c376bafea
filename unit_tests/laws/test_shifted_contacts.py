"""Contacts leave and come while the listing of all is paged: nobody known becomes anonymous, and few are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle, product

import pytest

from mailjet_reading.lookups.contact_property import Property
from mailjet_reading.lookups.scratch_store import Store
from mailjet_reading.lookups.user_ids import user_id_directory
from mailjet_rest.client import Mailjet, Patience
from mailjet_rest.directory import Directory
from mailjet_sandbox.faults import Fault, calling
from mailjet_sandbox.held_account import HeldAccount
from mailjet_sandbox.people import FIRST_PLAIN, Contact, normal_user_id
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches
from unit_tests.series import cases

STEP = 999
"""New rows on each page after the first, whose first row is the last of the page before."""
LEAVES: Mapping[str, Callable[[int], list[int]]] = {
    "nobody": lambda border: [],
    "the first of all": lambda border: [0],
    "the one before the border": lambda border: [border - 1],
    "the one at the border": lambda border: [border],
    "the one after the border": lambda border: [border + 1],
    "nine before the border": lambda border: [*range(border - 9, border)],
}
"""Which rows of the listing leave; the row at the border is the last of one page and the first of the next."""
COMES = ("nobody", "as many, last of all", "as many, before the border", "as many, near the end")


@contextmanager
def account_of(contacts: int, **switches: object) -> Iterator[tuple[Sandbox, HeldAccount]]:
    rates = Rates(with_user_id=0.7, erased=0.01)
    with Sandbox(seed=43, messages=10, contacts=contacts, rates=rates, hard_cases=False) as sandbox:
        sandbox.switches = Switches(contact_data_of="those with data", **switches)  # type: ignore[arg-type]
        assert isinstance(sandbox.account, HeldAccount)
        yield sandbox, sandbox.account


@contextmanager
def directory_of(sandbox: Sandbox) -> Iterator[Directory[str]]:
    with ThreadPoolExecutor(2) as pool:
        api = Mailjet(sandbox.mailjet_url, sandbox.api_key, sandbox.api_key_secret, 10_000, Patience(first_wait_s=0.01))
        store = Store()
        try:
            yield user_id_directory(api, store, pool, Property("UserId", False))
        finally:
            store.close()
            api.close()


def rows_of(account: HeldAccount) -> list[Contact]:
    """Whom the listing has rows of."""
    return [each for each in account.contact_by_id.values() if each.properties]


def user_ids_of(account: HeldAccount) -> dict[str, str | None]:
    """The truth of those who are there, and of those who were erased."""
    there = {str(each.id): normal_user_id(each.properties.get("UserId")) for each in account.contact_by_id.values()}
    return dict.fromkeys((str(each.id) for each in account.contacts), None) | there


def newcomers(account: HeldAccount, comes: str, border: int, count: int) -> list[Contact]:
    """New contacts, or such as had no data and now have some."""
    if comes == "nobody":
        return []
    listed = rows_of(account)
    last = listed[-1].id
    ids = {
        "as many, last of all": [last + 3 * place for place in range(1, count + 1)],
        "as many, before the border": [each.id + 1 for each in listed[border // 2 :][:count]],
        "as many, near the end": [each.id + 1 for each in listed[-20:][:count]],
    }[comes]
    return [replace(listed[-1], id=one, email=f"new{one}@example.com") for one in ids]


def singles(sandbox: Sandbox) -> int:
    return sum("/contactdata/" in each.path for each in sandbox.requests)


PAGES = {"two pages": 1_700, "five pages": 5_200}
ALL_OF_TWO_PAGES = [("two pages", *change) for change in product(LEAVES, COMES)]
SOME_OF_FIVE_PAGES = [("five pages", leaves, comes) for leaves, comes in zip(LEAVES, cycle(COMES), strict=False)]


@pytest.mark.parametrize(
    "pages, leaves, comes",
    cases(product(PAGES, LEAVES, COMES), always=[*ALL_OF_TWO_PAGES, *SOME_OF_FIVE_PAGES]),
)
def test_nobody_known_becomes_anonymous_wherever_contacts_leave_and_come(pages: str, leaves: str, comes: str) -> None:
    with account_of(PAGES[pages]) as (sandbox, account):
        borders = range(STEP, len(rows_of(account)), STEP)
        assert len(borders) == (1 if pages == "two pages" else 4)
        for border in borders:
            listed = rows_of(account)
            gone = [listed[place] for place in LEAVES[leaves](border)]
            come = newcomers(account, comes, border, max(1, len(gone)))
            changed = calling(lambda gone=gone, come=come: account.change_contacts(gone, come))  # type: ignore[misc]
            sandbox.set_faults(Fault("contactdata", changed, query={"Offset": str(border)}))
            sandbox.reset_requests()
            with directory_of(sandbox) as directory:
                found = directory.look_up([str(each.id) for each in account.contacts])
            assert gone == [] or gone[0].id not in account.contact_by_id
            truth = user_ids_of(account)
            stayed = found.keys() - {str(each.id) for each in gone}
            assert {one: found[one] for one in stayed} == {one: truth[one] for one in stayed}
            assert singles(sandbox) == 0
            assert sandbox.request_count <= 2 * (len(borders) + 1) + 5
            account.change_contacts(come, gone)


def test_who_is_pushed_beyond_the_last_page_by_a_newcomer_is_not_taken_for_anonymous() -> None:
    """As many rows came as were counted, and the last of those that were counted is not among them."""
    with account_of(2_600) as (sandbox, account):
        account.change_contacts(gone=rows_of(account)[1 + 2 * STEP :])
        last = rows_of(account)[-1]
        come = newcomers(account, "as many, near the end", STEP, 1)
        changed = calling(lambda: account.change_contacts(come=come))
        sandbox.set_faults(Fault("contactdata", changed, query={"Offset": str(STEP)}))
        with directory_of(sandbox) as directory:
            found = directory.look_up([str(each.id) for each in account.contacts])
        truth = user_ids_of(account)
        assert truth[str(last.id)]
        assert found == {one: truth[one] for one in found}
        assert singles(sandbox) == 0


def test_a_listing_that_shifts_whenever_it_is_read_costs_single_requests_but_no_user_id() -> None:
    with account_of(2_600) as (sandbox, account):
        leaving = iter(rows_of(account)[FIRST_PLAIN:])
        changed = calling(lambda: account.change_contacts(gone=[next(leaving)]))
        sandbox.set_faults(Fault("contactdata", changed, times=None, query={"Offset": str(STEP)}))
        with directory_of(sandbox) as directory:
            found = directory.look_up([str(each.id) for each in account.contacts])
        truth = user_ids_of(account)
        assert sum(found[one] != truth[one] for one in found if truth[one]) == 0
        assert singles(sandbox) > 300


def test_a_listing_that_is_not_in_order_of_ids_proves_nothing_and_is_not_read_twice() -> None:
    with account_of(1_700) as (sandbox, account):
        in_order = dict(account.contact_by_id)
        for one in [*in_order][600:700]:
            account.contact_by_id[one] = account.contact_by_id.pop(one)
        with directory_of(sandbox) as directory:
            found = directory.look_up([str(each.id) for each in account.contacts])
        assert found == user_ids_of(account)
        assert singles(sandbox) > 200
        assert sum("Offset" in each.query for each in sandbox.requests) == 1


def test_whoever_has_no_contact_data_is_not_asked_for_by_id() -> None:
    with account_of(5_200) as (sandbox, account), directory_of(sandbox) as directory:
        ids = [str(each.id) for each in account.contacts]
        found = {
            one: user_id
            for first in range(0, len(ids), 1_000)
            for one, user_id in directory.look_up(ids[first : first + 1_000]).items()
        }
        assert found == user_ids_of(account)
        assert len(set(ids) - {str(row.id) for row in rows_of(account)}) > 700
        assert sandbox.request_count == 5 + 2
