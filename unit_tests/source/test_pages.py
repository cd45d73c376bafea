"""Listings page by page, against a real server whose pages shift, repeat, shrink or end early."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from mailjet_rest.client import Mailjet, Patience
from mailjet_rest.directory import only
from mailjet_rest.errors import MailjetError
from mailjet_rest.limits import SMALLER_LIMITS
from mailjet_rest.outcome import Row
from mailjet_rest.pages import all_pages, first_page, further_pages
from mailjet_rest.paging import ShortListingError
from mailjet_rest.rows import parse_contact

Lister = Callable[[int, int], list[int]]
PATIENCE = Patience(unavailable_s=1, first_wait_s=0.01)


@contextmanager
def listing(rows: Lister, count: int) -> Iterator[tuple[Mailjet, list[str]]]:
    """An API whose one listing gives `rows(offset, limit)` and counts `count`; and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            asked.append("count" if "countOnly" in query else query.get("Offset", "0"))
            page = [] if "countOnly" in query else rows(int(query.get("Offset", 0)), int(query.get("Limit", 10)))
            many = count if "countOnly" in query else len(page)
            body = json.dumps({"Count": many, "Data": [{"ID": one} for one in page], "Total": many}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        api = Mailjet(f"http://127.0.0.1:{server.server_port}", "key", "secret", 10_000, PATIENCE)
        try:
            yield api, asked
        finally:
            server.shutdown()


def number(row: Row) -> int:
    return int(row["ID"])


def of(total: int, most: int = 1000) -> Lister:
    """A listing of `total` rows that gives at most `most` a page."""
    return lambda offset, limit: list(range(offset, min(total, offset + min(limit, most))))


def collect(pages: Iterator[list[int]]) -> list[int]:
    return [row for page in pages for row in page]


@pytest.mark.parametrize(
    "total, requests",
    [
        (0, ["0"]),
        (9, ["0"]),
        (999, ["0"]),
        (1000, ["0", "1000"]),
        (2400, ["0", "1000", "2000"]),
        *((total, ["0", "count"]) for total in sorted(SMALLER_LIMITS)),
    ],
)
def test_a_page_shorter_than_asked_for_is_the_last(total: int, requests: list[str]) -> None:
    with listing(of(total), total) as (api, asked):
        assert collect(all_pages(api, "message", {}, number)) == list(range(total))
    assert asked == requests


@pytest.mark.parametrize("most", sorted(SMALLER_LIMITS))
def test_pages_of_a_smaller_limit_are_counted_and_followed_to_the_end(most: int) -> None:
    total = 3 * most + 5
    with listing(of(total, most), total) as (api, asked):
        assert collect(all_pages(api, "message", {}, number)) == list(range(total))
    assert asked == ["0", "count", str(most), str(2 * most), str(3 * most)]


def test_a_page_that_ends_early_is_followed_where_the_count_is_known() -> None:
    with listing(of(1500, most=430), 1500) as (api, _):
        page = first_page(api, "message", {}, number)
        assert collect(further_pages(api, "message", {}, number, page, 1500)) == list(range(1500))


def test_an_empty_page_is_an_error_where_the_count_is_known() -> None:
    with listing(lambda offset, limit: [], 7) as (api, _), pytest.raises(ShortListingError, match="gave 0 of the 7"):
        collect(further_pages(api, "message", {}, number, [], 7))


def test_rows_that_are_alike_on_both_sides_of_a_pages_end_cost_one_page_more() -> None:
    """Two opens of one second have nothing that tells them apart."""

    def alike(offset: int, limit: int) -> list[int]:
        rows = [*range(1000), 999, 999, *range(1000, 2400)]
        return rows[offset : offset + limit]

    with listing(alike, 2402) as (api, asked):
        page = first_page(api, "message", {}, number)
        got = collect(further_pages(api, "message", {}, number, page, 2402, rows_differ=False))
    assert sorted(got) == sorted([*range(2400), 999, 999])
    assert asked == ["0", "1000", "999", "1999"]


@pytest.mark.parametrize("most", [10, 1000])
def test_the_same_page_for_every_offset_is_an_error(most: int) -> None:
    with (
        listing(lambda offset, limit: of(3000, most)(0, limit), 3000) as (api, _),
        pytest.raises(ShortListingError, match="same page twice"),
    ):
        collect(all_pages(api, "message", {}, number))


def test_a_listing_that_misses_its_count_is_an_error() -> None:
    with listing(of(1500), 1600) as (api, _):
        page = first_page(api, "message", {}, number)
        with pytest.raises(ShortListingError, match="gave 1500 of the 1600 rows"):
            collect(further_pages(api, "message", {}, number, page, 1600))


def test_a_listing_that_shifts_under_its_offsets_is_an_error() -> None:
    def shifted(offset: int, limit: int) -> list[int]:
        return list(range(offset, min(1500, offset + limit))) if offset == 0 else list(range(offset - 1, 1499))

    with listing(shifted, 1500) as (api, _):
        page = first_page(api, "message", {}, number)
        with pytest.raises(ShortListingError, match="gave 1499 of the 1500 rows"):
            collect(further_pages(api, "message", {}, number, page, 1500))
        with pytest.raises(ShortListingError, match="gave a row on two pages"):
            collect(further_pages(api, "message", {}, number, page, 1500, rows_differ=False))


def test_rows_that_came_after_the_count_are_read_too() -> None:
    with listing(of(2100), 2000) as (api, _):
        page = first_page(api, "message", {}, number)
        assert len(collect(further_pages(api, "message", {}, number, page, 2000))) == 2100


def test_the_row_of_another_object_is_malformed_and_never_an_answer() -> None:
    with (
        listing(lambda offset, limit: [7], 1) as (api, _),
        pytest.raises(MailjetError, match="the row of another object"),
    ):
        api.find("contact/8", {}, only("8", parse_contact))


def test_the_row_of_the_object_asked_for_is_the_answer() -> None:
    with listing(lambda offset, limit: [8], 1) as (api, _):
        assert api.find("contact/8", {}, only("8", parse_contact)) == ("8", None)
