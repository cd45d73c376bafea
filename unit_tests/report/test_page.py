"""What the page may hold, beside its figures: nothing that runs, nothing that calls, no address unless asked for."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest

from lab.report_account import ADDRESS, HOSTILE, make_report_account
from mailjet_segment.analytics.period import Period
from mailjet_segment.analytics.place import duckdb_place
from mailjet_segment.report.command import Wanted, write_report
from mailjet_segment.report.privacy import without_addresses, without_query
from mailjet_segment.report.providers import Provider
from mailjet_segment.report.wilson import wilson
from program.failure import Failure
from unit_tests.report.tables import PageTables

PAGE = Path(__file__).parents[2] / "mailjet_segment" / "report" / "page"


def test_texts_of_the_account_stay_texts(page: str) -> None:
    tags = PageTables(page).tags
    assert "img" not in tags
    assert tags.count("script") == 2
    assert HOSTILE not in page
    assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in page


def test_the_page_names_no_address_unless_asked(page: str, database: Path) -> None:
    assert not re.findall(r"[\w.]+(?:@|%40)[\w-]+\.\w+", page.partition("<script>/*")[0])
    assert "person1" not in page
    output = database.with_name("with-recipients.html")
    write_report(duckdb_place(database), Wanted(with_recipients=True), output)
    named = output.read_text("utf-8")
    assert "person1@" in named
    assert ADDRESS in named
    assert PageTables(named).rows["recipients-table"]
    assert output.stat().st_mode & 0o777 == 0o600


def test_the_policy_names_what_the_page_runs_and_nothing_else(page: str) -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy.replace("&#39;", "'").startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.findall(r'\s(?:style|on\w+)="', page.partition("<script>/*")[0])
    assert not re.findall(r'(?:src|href)="(?!#|data:,")', page.partition("<script>/*")[0])


def test_beside_its_data_the_page_is_small(tmp_path: Path) -> None:
    make_report_account(tmp_path / "empty.duckdb", campaigns=0)
    write_report(duckdb_place(tmp_path / "empty.duckdb"), Wanted(), tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size < 600_000
    assert "There is no campaign yet" in (tmp_path / "page.html").read_text("utf-8")


def test_the_bundle_is_the_one_whose_digest_and_licences_lie_beside_it() -> None:
    bundle = (PAGE / "bundle.js").read_bytes()
    assert (PAGE / "bundle.js.sha256").read_text().split()[0] == hashlib.sha256(bundle).hexdigest()
    licences = (PAGE / "LICENSES.txt").read_text("utf-8").strip()
    assert licences in bundle.decode("utf-8")
    assert "@observablehq/plot 0.6.17 (ISC)" in licences
    lock = json.loads((PAGE / "package-lock.json").read_text("utf-8"))
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def test_a_period_and_a_campaign_leave_out_all_other_messages(database: Path, tmp_path: Path) -> None:
    wanted = Wanted(Period(datetime(2026, 9, 10, tzinfo=timezone.utc), datetime(2026, 9, 20, tzinfo=timezone.utc)))
    write_report(duckdb_place(database), wanted, tmp_path / "period.html")
    text = (tmp_path / "period.html").read_text("utf-8")
    assert "<h1>10 Sep 2026 to 19 Sep 2026</h1>" in text
    rows = PageTables(text).rows
    assert 0 < len(rows["campaigns-table"]) < 10
    assert all(" Sep 2026" in row[1].text for row in rows["campaigns-table"])
    write_report(duckdb_place(database), Wanted(campaign="Weekly letter 4"), tmp_path / "campaign.html")
    rows = PageTables((tmp_path / "campaign.html").read_text("utf-8")).rows
    assert [row[0].text for row in rows["campaigns-table"]] == ["Weekly letter 4"]
    assert {row[1].text for row in rows["links-table"]} == {"Weekly letter 4"}
    with pytest.raises(Failure, match="no messages of a campaign"):
        write_report(duckdb_place(database), Wanted(campaign="Weekly letter 400"), tmp_path / "none.html")


@pytest.mark.parametrize("output", ["", "no/such/folder/page.html"])
def test_a_place_that_cannot_be_written_is_one_sentence(database: Path, tmp_path: Path, output: str) -> None:
    with pytest.raises(Failure, match="-o"):
        write_report(duckdb_place(database), Wanted(), tmp_path / output)


@pytest.mark.parametrize(
    "text, shown",
    [
        ("Hello anna@example.org!", "Hello …!"),
        ("mailto:anna@example.org", "mailto:…"),
        ("https://example.com/?a=1&to=anna%40example.org&b=2", "https://example.com/?a=1&to=…&b=2"),
        ("https://example.com/?u=%2Fa%3Fto%3Danna%2540example.org", "https://example.com/?u=…"),
        ("5 @ home", "5 @ home"),
        ("Sale: 50%", "Sale: 50%"),
    ],
)
def test_an_address_in_a_text_is_hidden(text: str, shown: str) -> None:
    assert without_addresses(text) == shown


def test_a_link_without_its_query_still_says_where_it_leads() -> None:
    assert without_query("https://example.com/a?token=1#me") == "https://example.com/a?…"
    assert without_query("https://example.com/a") == "https://example.com/a"
    assert without_query("http://[broken") == "…"


@pytest.mark.parametrize(
    "count, total, interval", [(1, 300, (0.0006, 0.0186)), (0, 300, (0.0, 0.0126)), (10, 10, (0.7225, 1.0))]
)
def test_the_interval_is_wilsons(count: int, total: int, interval: tuple[float, float]) -> None:
    """Of 0 of n the upper end is z²/(n + z²), of n of n the lower one n/(n + z²)."""
    found = wilson(count, total)
    assert found is not None
    assert found == pytest.approx(interval, abs=5e-5)
    assert wilson(0, 0) is None


@pytest.mark.parametrize(
    "complained, total, mark, words",
    [
        (0, 10_000, "below", "below both"),
        (0, 300, "unsure", "below, may be chance"),
        (1, 300, "unsure", "above 0.30%, may be chance"),
        (400, 100_000, "above", "above 0.30%"),
        (200, 100_000, "above", "above 0.10%"),
    ],
)
def test_a_provider_is_judged_by_its_rate_and_by_what_that_proves(
    complained: int, total: int, mark: str, words: str
) -> None:
    from mailjet_segment.report.audience import shared

    provider = Provider(
        "Yahoo", {"complaint_rate": shared(complained / total)}, complained, True, wilson(complained, total)
    )
    assert (provider.judgement.mark, provider.judgement.words) == (mark, words)


def test_a_link_that_one_person_got_in_several_messages_is_shown_without_its_query(tmp_path: Path) -> None:
    file = tmp_path / "letters.duckdb"
    with duckdb.connect(str(file)) as connection:
        sent = (
            "FROM (VALUES ('m1', 'ann', 'own'), ('m2', 'ann', 'own'), ('m3', 'ann', 'shared'), ('m4', 'bob', 'shared'))"
        )
        for stream in ("email_delivered", "email_link_clicked"):
            connection.execute(
                f"CREATE TABLE {stream} AS SELECT '{stream}' || email_id AS id, email_id, anonymous_id,"
                " link AS link_id,"
                " 'https://example.com/' || link || '?token=1' AS link_url,"
                f" TIMESTAMPTZ '2026-01-31 12:00:00Z' AS timestamp {sent} AS made(email_id, anonymous_id, link)"
            )
    write_report(duckdb_place(file), Wanted(), tmp_path / "page.html")
    rows = PageTables((tmp_path / "page.html").read_text("utf-8")).rows["links-table"]
    assert "4 messages of no campaign to 2 recipients." in (tmp_path / "page.html").read_text("utf-8")
    assert {row[0].text for row in rows} == {"https://example.com/own?\u2026", "https://example.com/shared?token=1"}
