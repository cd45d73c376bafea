"""The page shows the tables offline and asks for nothing; its pivots equal SQL; it holds no address."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest

from lab.browser import find_browser, open_browser
from mailjet_segment.analytics.answers import open_answers
from mailjet_segment.analytics.period import ALL
from mailjet_segment.analytics.place import Place, duckdb_place
from mailjet_segment.exploring import rendering
from mailjet_segment.exploring.addresses import Digests
from mailjet_segment.exploring.command import run_explore
from mailjet_segment.exploring.views import VIEWS, read_tables
from mailjet_segment.loads.database import ALL_TABLES, Database, make_tables
from program.failure import Failure

if TYPE_CHECKING:
    from playwright.sync_api import Page

PEOPLE = 40
HOSTILE = "</script><img src=x onerror=\"document.title='hurt'\"> bob@example.org"
NO_BROWSER = "There is no browser: apt-get install chromium"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Deliveries and opens of forty people, in three campaigns, one of which was deleted, with texts to be wary of."""
    file = tmp_path_factory.mktemp("explored") / "mailjet.duckdb"
    with duckdb.connect(str(file)) as connection:
        make_tables(Database(connection, "duckdb", str(file)), ALL_TABLES)
        for stream, every in (("email_delivered", 1), ("email_opened", 3)):
            connection.execute(
                f"INSERT INTO {stream} BY NAME SELECT 'mailjet-{stream}-' || i AS id, i::VARCHAR AS email_id, "
                "'Person' || i || '@Example.com' AS anonymous_id, "
                "'person' || i || '@example.com' AS context_traits_email, "
                "(i % 3)::VARCHAR AS campaign_id, CASE i % 3 WHEN 0 THEN ? WHEN 1 THEN 'Spring' END AS campaign_name, "
                "? AS email_subject, TIMESTAMPTZ '2026-01-31 22:00:00Z' + INTERVAL (i * 10) MINUTE AS timestamp "
                f"FROM range({PEOPLE}) people(i) WHERE i % {every} = 0",
                [HOSTILE, HOSTILE],
            )
    return duckdb_place(file)


@pytest.fixture(scope="module")
def file(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "explore.html"
    run_explore(place, ALL, path)
    return path


def tables_in(page: str) -> dict[str, pa.Table]:
    """The tables, as the page holds them."""
    found = re.findall(r'<script type="application/octet-stream" id="(\w+)">(.*?)</script>', page)
    return {name: pa.ipc.open_stream(gzip.decompress(base64.b64decode(text))).read_all() for name, text in found}


def test_no_address_is_in_the_file_but_equal_ones_are_equal(file: Path, place: Place, tmp_path: Path) -> None:
    tables = tables_in(file.read_text("utf-8"))
    assert {name: table.num_rows for name, table in tables.items()} == {"messages": PEOPLE, "events": PEOPLE + 14}
    texts = json.dumps([table.to_pylist() for table in tables.values()], default=str)
    assert "@" not in texts
    assert "Example.com" not in texts
    rows = tables["messages"].to_pylist()
    assert {len(row["email"]) for row in rows} == {16}
    assert all(row["email"] == row["anonymous_id"] for row in rows)
    assert len({row["email"] for row in rows}) == PEOPLE
    run_explore(place, ALL, tmp_path / "again.html")
    again = tables_in((tmp_path / "again.html").read_text("utf-8"))["messages"].to_pylist()
    assert not {row["email"] for row in rows} & {row["email"] for row in again}


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.com",
        "Ann@Example.COM",
        "https://shop.example/?to=ann%40example.com&x=1",
        "to=ann%2540example.com",
        "For ann@example.com.",
    ],
)
def test_an_address_is_found_wherever_it_stands(text: str) -> None:
    digests = Digests()
    digest = digests.without_addresses("ann@example.com")
    assert digest in digests.without_addresses(text)
    assert "example.com" not in digests.without_addresses(text).lower().replace("shop.example/", "")


def test_the_policy_lets_only_this_script_run_and_nothing_be_fetched(file: Path) -> None:
    page = file.read_text("utf-8")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    policy = policy.replace("&#39;", "'")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert not {"connect-src", "object-src", "frame-src"} & set(rules)
    script = page.partition('<script type="module">')[2].rpartition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}' 'wasm-unsafe-eval'"


def test_the_bundle_is_that_of_its_digest_and_small_enough_for_the_wheel() -> None:
    packed = rendering.part("bundle.js.gz")
    digest, _ = rendering.part("bundle.js.sha256").decode().split()
    assert hashlib.sha256(rendering.unpacked()).hexdigest() == digest
    assert len(packed) < 4_000_000


def test_more_rows_than_a_browser_holds_are_refused(place: Place) -> None:
    with (
        open_answers(place) as connection,
        pytest.raises(Failure, match=r"40 rows are too many for a page .* --since and --until"),
    ):
        read_tables(connection, most_rows=PEOPLE - 1)


def test_a_file_that_cannot_be_written_is_a_sentence(place: Place, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be written, for its folder is not there"):
        run_explore(place, ALL, tmp_path / "none" / "explore.html")


@pytest.fixture(scope="module")
def shown(file: Path) -> Iterator[tuple[Page, list[str]]]:
    """The page in a browser without a network, and what it asked for or complained of."""
    if find_browser() is None:
        if os.environ.get("CI"):
            pytest.fail(NO_BROWSER, pytrace=False)
        pytest.skip(NO_BROWSER)
    heard: list[str] = []
    with open_browser() as browser:
        page = browser.new_context(offline=True, viewport={"width": 1440, "height": 900}).new_page()
        page.on("request", lambda request: heard.append(request.url))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("console", lambda message: heard.append(message.text) if "Policy" in message.text else None)
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-shown]")
        yield page, heard


def choose(page: Page, title: str) -> None:
    page.select_option("#choice", label=title)
    page.wait_for_function("title => document.documentElement.dataset.shown === title", arg=title)


def pivot(page: Page, config: dict[str, Any]) -> list[dict[str, Any]]:
    """What the viewer shows after a change of its settings, as somebody's drag would make it."""
    rows: list[dict[str, Any]] = page.evaluate(
        """async config => {
            const viewer = document.querySelector("perspective-viewer");
            await viewer.restore(config);
            return await (await viewer.getView()).to_json();
        }""",
        config,
    )
    return rows


@pytest.mark.servers
def test_it_works_offline_and_asks_for_nothing(shown: tuple[Page, list[str]], file: Path) -> None:
    page, heard = shown
    for view in VIEWS:
        choose(page, view.title)
    choose(page, "Events by day")
    page.wait_for_function(
        "() => document.querySelector('perspective-viewer-d3fc-ybar')?.shadowRoot?.querySelector('svg, canvas')"
    )
    assert [text for text in heard if not text.startswith("blob:null/")] == [file.as_uri()]
    assert page.inner_text("#trouble") == ""
    assert page.title() == "Explore: Mailjet's messages and events"


@pytest.mark.servers
def test_its_pivot_equals_sql(shown: tuple[Page, list[str]], place: Place) -> None:
    page, _ = shown
    choose(page, "Campaigns: messages, opens, clicks")
    with open_answers(place) as connection:
        wanted = connection.execute(
            "SELECT campaign_id, count(*), sum(was_delivered::INT), sum(opened_people::INT), avg(opened_all::INT) "
            "FROM mailjet__messages GROUP BY campaign_id ORDER BY campaign_id"
        ).fetchall()
    columns = ["messages", "was_delivered", "opened_people", "opened_all"]
    config = {"group_by": ["campaign_id"], "columns": columns, "aggregates": {"opened_all": "avg"}, "sort": []}
    total, *rows = pivot(page, config)
    assert total["messages"] == PEOPLE
    found = [(row["__ROW_PATH__"][0], *(row[column] for column in columns)) for row in rows]
    assert found == wanted
    assert {row[0] for row in wanted} == {"0", "1", "2"}
    choose(page, "Delivered messages: rates by mailbox provider")
    with open_answers(place) as connection:
        rates = connection.execute("SELECT provider, open_rate_people FROM mailjet__domains").fetchall()
    assert [(row["__ROW_PATH__"], row["opened_people"]) for row in pivot(page, {}) if row["__ROW_PATH__"]] == [
        ([provider], rate) for provider, rate in rates
    ]
    choose(page, "Events by day")
    with open_answers(place) as connection:
        by_day = connection.execute(
            "SELECT count(*) FILTER (kind = 'delivered'), count(*) FILTER (kind = 'opened') FROM mailjet__events "
            "GROUP BY happened_at::DATE ORDER BY happened_at::DATE"
        ).fetchall()
    rows = pivot(page, {})
    assert [(row["delivered|events"], row["opened|events"]) for row in rows if row["__ROW_PATH__"]] == by_day
    assert len(by_day) == 2
    choose(page, "All messages")
    rows = pivot(page, {})
    assert len(rows) == PEOPLE
    assert {"email_id", "provider", "first_open_at", "messages"} <= set(rows[0])
