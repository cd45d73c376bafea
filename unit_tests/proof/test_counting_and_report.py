"""What the matrix counts, and what it makes of the counts: a witness who overlooks a loss would be worse than none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from lab.proof.counting import Ended, Expected, Outcome, by_id, in_streams
from lab.proof.faults import ROWS
from lab.proof.matrix import Matrix
from lab.proof.report import Sentences, to_cell, to_markdown, without_local
from lab.proof.row import COLUMNS, Row
from mailjet_sandbox.sandbox import Sandbox

FINE = Outcome(Ended(0), Ended(0), silent=0, lost=0, doubled=0, after_dedup=0)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(messages=60, days=2, days_ahead=2, listing_lag=timedelta(hours=2)) as sandbox:
        yield sandbox


def all_ids(sandbox: Sandbox) -> set[str]:
    return {one.id for one in sandbox.truth() if not one.beyond_rest and one.listed_at <= sandbox.now}


def test_everything_that_a_run_can_see_must_arrive(sandbox: Sandbox) -> None:
    expected = Expected(by_id)
    expected.look(sandbox)
    ids = all_ids(sandbox)
    assert expected.missing(ids) == 0
    assert expected.missing(set(list(ids)[3:])) == 3
    assert expected.missing([]) == len(
        {one.id for one in sandbox.truth(until=sandbox.now - timedelta(seconds=5))} & ids
    )


def test_a_source_owes_each_event_in_its_stream_and_in_tracks(sandbox: Sandbox) -> None:
    ids, streams = Expected(by_id), Expected(in_streams)
    for expected in (ids, streams):
        expected.look(sandbox)
    assert streams.missing([]) == 2 * ids.missing([])


def test_what_never_happened_is_strange_and_what_happened_later_is_not(sandbox: Sandbox) -> None:
    before = sandbox.now
    expected = Expected(by_id)
    expected.look(sandbox)
    early = all_ids(sandbox)
    sandbox.now = before + timedelta(hours=6)
    later = all_ids(sandbox) - early
    expected.look(sandbox)
    sandbox.now = before
    assert later
    assert expected.strange(early | later) == 0
    assert expected.strange({*early, "mailjet-opened-1-1"}) == 1


def test_a_run_that_ends_earlier_owes_less(sandbox: Sandbox) -> None:
    whole, earlier = Expected(by_id), Expected(by_id)
    whole.look(sandbox)
    earlier.look(sandbox, ends_earlier=timedelta(days=1))
    assert 0 < earlier.missing([]) < whole.missing([])


@pytest.mark.parametrize(
    "outcome, is_defect, text",
    [
        (FINE, False, "exit 0; lost 0, doubled 0 → 0"),
        (Outcome(Ended(1, "Mend it."), Ended(0), 0, 0, 7, 0), False, "exit 1 [1]; lost 0, doubled 7 → 0"),
        (Outcome(Ended(0), Ended(0), 3, 0, 0, 0), True, "exit 0, **3 missing behind it**; lost 0, doubled 0 → 0"),
        (Outcome(Ended(-9), Ended(0), 0, 2, 0, 0), True, "signal 9; **lost 2**, doubled 0 → 0"),
        (Outcome(Ended(1), Ended(0), 0, 0, 9, 1), True, "exit 1; lost 0, doubled 9 → **1**"),
        (
            Outcome(Ended(1), Ended(1, "No."), 0, 0, 0, 0),
            True,
            "exit 1; **resumed: exit 1** [1]; lost 0, doubled 0 → 0",
        ),
        (Outcome(Ended(None), Ended(0), 0, 0, 0, 0), False, "**did not end**; lost 0, doubled 0 → 0"),
    ],
)
def test_a_cell_says_what_was_found(outcome: Outcome, is_defect: bool, text: str) -> None:
    assert outcome.is_defect is is_defect
    assert to_cell(outcome, Sentences()) == text


def test_cells_that_do_not_apply_say_so() -> None:
    assert to_cell(None, Sentences()) == "\N{EN DASH}"
    assert to_cell("not installed", Sentences()) == "not installed"


def test_a_sentence_is_listed_once_and_without_what_is_only_true_of_this_run() -> None:
    sentences = Sentences()
    one, other = (
        f"'message' at http://127.0.0.1:{port} failed for {port} s in /var/lib/x.py." for port in (1024, 2048)
    )
    assert sentences.number(one) == sentences.number(other) == " [1]"
    assert sentences.lines() == ["1. 'message' at http://127.0.0.1:PORT failed for N s in FILE."]
    assert sentences.number("") == ""
    assert len(without_local("x" * 1_000)) < 500


def test_the_document_counts_what_was_claimed_and_missing() -> None:
    rows = [Row("one fault", "Mailjet"), Row("another", "Mailjet", agreed="it is so")]
    silent = Outcome(Ended(0), Ended(0), silent=5, lost=5, doubled=0, after_dedup=0)
    matrix: Matrix = {rows[0].key: {"source": FINE, "mailjet_peer": silent}, rows[1].key: {"source": silent}}
    text = to_markdown(rows, matrix, {"airbyte-source-mailjet-mail": "0.1"})
    assert "- This project: 2 cells. 2 runs went on to their end" in text
    assert "missing in 0 cells; something was missing in the end in 0" in text
    assert "- Airbyte's Mailjet source: 1 cells." in text
    assert "missing in 1 cells; something was missing in the end in 1" in text
    assert "- *another*: it is so." in text


def test_rows_have_names_of_their_own_and_a_column_each() -> None:
    names = [row.key for row in ROWS]
    assert len(names) == len(set(names))
    for row in ROWS:
        assert any(row.applies_to(column) for column in COLUMNS), row.name
