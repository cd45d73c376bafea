"""Any other destination of dlt, configured as dlt configures it."""

from __future__ import annotations

import threading
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from event_store.store import Store
from mailjet_segment.loads.loading import load
from mailjet_segment.loads.target import parse_target
from program.failure import Failure
from segment_events.kinds import KINDS, TRACKS, columns_of
from unit_tests.event_store.posts import ACCOUNT
from unit_tests.loads.rows import add_events, rows_of_store

pytestmark = pytest.mark.servers  # dlt asks the machine by a process of its own


def test_files_hold_what_the_store_has_and_a_folder_that_is_new_gets_everything(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_events(store, 0, 40)
    for name in ("first", "second"):
        monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", (tmp_path / name).as_uri())
        monkeypatch.setenv("NORMALIZE__LOADER_FILE_FORMAT", "parquet")
        load(store, [ACCOUNT], parse_target("filesystem"), threading.Event())
        files = list((tmp_path / name / "mailjet" / "tracks").glob("*.parquet"))
        ids = [row for file in files for row in pq.read_table(file).column("id").to_pylist()]
        assert sorted(ids) == sorted(rows_of_store(store)["tracks"])


def test_all_tables_are_there_before_any_event(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", f"duckdb:///{tmp_path / 'by_name.duckdb'}")
    load(store, [ACCOUNT], parse_target("duckdb"), threading.Event())
    add_events(store, 0, 16)
    load(store, [ACCOUNT], parse_target("duckdb"), threading.Event())
    with duckdb.connect(str(tmp_path / "by_name.duckdb")) as connection:
        for table in (*(kind.stream for kind in KINDS), TRACKS):
            found = connection.execute(f"SELECT * FROM mailjet.{table}")
            assert [name for name, *_ in found.description or []] == list(columns_of(table))
            assert len(found.fetchall()) == rows_of_store(store)[table].total()


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("nowhere", "dlt has no destination of this name"),
        ("filesystem", "dlt's configuration of it misses bucket_url"),
        ("bigquery", r"dlt's configuration of it misses credentials \(project_id, private_key"),
    ],
)
def test_what_is_missing_is_said(store: Store, name: str, sentence: str) -> None:
    with pytest.raises(Failure, match=sentence):
        load(store, [ACCOUNT], parse_target(name), threading.Event())
