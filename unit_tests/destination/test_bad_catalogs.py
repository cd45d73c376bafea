"""Catalogs that nobody should give, but somebody will: a sentence, or the right sync; nothing in silence."""

from __future__ import annotations

import json
import logging
import os
from typing import Any

import pytest

from destination_segment.catalog import parse_catalog
from destination_segment.config import parse_config
from destination_segment.sync import run_sync
from destination_segment.writer import Timing
from mailjet_sandbox.segment_ledger import SegmentLedger
from mailjet_sandbox.segment_server import segment_app
from mailjet_sandbox.serving import serving
from program.failure import ConfigurationError, Failure
from segment_api.retry import RetryRule

KEY = "write0key0of0catalogs"
MAPPED = {"shape": "mapped", "event_name": "E", "user_id": "user_id", "timestamp": "timestamp", "message_id": ["id"]}
ROW = {"id": "m-1", "event_text": "E", "user_id": "user_id", "timestamp": "2026-01-31T23:59:59Z"}


def entry(**fields: Any) -> dict[str, Any]:
    return {"stream": {"name": "a", "json_schema": {}}, "destination_sync_mode": "append", **fields}


def write(catalog: Any, stream: str = "a", ledger: SegmentLedger | None = None, **config: Any) -> SegmentLedger:
    """What Segment has after one record of `stream` was written with this catalog."""
    ledger = ledger or SegmentLedger()
    record = {"type": "RECORD", "record": {"stream": stream, "data": ROW, "emitted_at": 1}}
    descriptor, into = os.pipe()
    os.write(into, json.dumps(record).encode() + b"\n")
    os.close(into)
    try:
        with serving([segment_app(ledger, write_keys=[KEY])]) as (origin,):
            region = {"location": "other", "api_url": origin}
            run_sync(
                parse_config({"write_key": KEY, "region": region, **config}),
                parse_catalog(catalog),
                descriptor,
                emit=lambda line: None,
                log=logging.getLogger("airbyte"),
                retry=RetryRule(),
                timing=Timing(flush_after_s=0.01),
            )
    finally:
        os.close(descriptor)
    return ledger


@pytest.mark.parametrize(
    "catalog",
    [
        *(None, 7, "text", True, [], {}, {"streams": None}, {"streams": {}}, {"streams": "ab"}, {"streams": [None]}),
        *({"streams": [{}]}, {"streams": ["a"]}, {"streams": [{"stream": "a"}]}, {"streams": [entry(stream={})]}),
        *({"streams": [entry(stream={"name": name})]} for name in (None, 7, True, ["a"], {"x": 1})),
        *({"streams": [entry(destination_sync_mode=mode)]} for mode in (7, True, ["append"], {"x": 1})),
        {"streams": [entry(minimum_generation_id="7")]},
    ],
)
def test_what_is_no_catalog_is_said_to_be_none_in_one_sentence(catalog: Any) -> None:
    with pytest.raises(ConfigurationError, match="not a configured Airbyte catalog: it needs 'streams'") as raised:
        parse_catalog(catalog)
    assert str(raised.value).count(". ") == 0


@pytest.mark.parametrize("mode", ["overwrite", "overwrite_dedup", "update", "APPEND", " append", "soft_delete"])
def test_a_mode_that_does_not_append_is_refused_with_the_name_of_the_stream(mode: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"set the sync mode of a \({mode}\) to one that appends"):
        parse_catalog({"streams": [entry(), entry(destination_sync_mode=mode)]})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"destination_sync_mode": None},
        {"destination_sync_mode": "append_dedup"},
        {"sync_mode": "sometimes"},
        {"cursor_field": ["received_at"], "primary_key": [["email_id"]]},
        {"generation_id": 3, "minimum_generation_id": 3, "sync_id": 9},
    ],
)
def test_modes_cursors_and_keys_of_the_source_change_nothing_for_segment(fields: dict[str, Any]) -> None:
    assert write({"streams": [entry(**fields)]}).message_ids == write({"streams": [entry()]}).message_ids


@pytest.mark.parametrize("records", [{"shape": "segment_rows"}, MAPPED], ids=["segment_rows", "mapped"])
def test_a_stream_that_is_selected_twice_is_written_once(records: Any) -> None:
    assert write({"streams": [entry(), entry(destination_sync_mode="append_dedup")]}, records=records).accepted == 1


def with_columns(*columns: str, **schema: Any) -> dict[str, Any]:
    stream = {"name": "orders", "json_schema": {"properties": {column: {} for column in columns}, **schema}}
    return {"streams": [entry(), entry(stream=stream)]}


@pytest.mark.parametrize(
    ("field", "column", "meant"),
    [
        ("user_id", "userid", "name user_id if that is meant"),
        ("anonymous_id", "visitor", "name one that it has"),
        ("timestamp", "time_stamp", "name timestamp if that is meant"),
        ("message_id", ["id", "line"], "name one that it has"),
    ],
)
def test_a_column_that_a_stream_does_not_have_is_refused_before_anything_is_sent(
    field: str, column: Any, meant: str
) -> None:
    ledger = SegmentLedger()
    with pytest.raises(ConfigurationError) as raised:
        write(with_columns("id", "user_id", "timestamp"), ledger=ledger, records={**MAPPED, field: column})
    place, name = (f"{field}.1", column[1]) if isinstance(column, list) else (field, column)
    assert str(raised.value) == f"Stream orders has no column {name}, which records.{place} names: {meant}."
    assert ledger.requests == 0


@pytest.mark.parametrize(
    "catalog",
    [
        with_columns("id", "user_id", "timestamp"),
        with_columns("id", "user_id", "timestamp", additionalProperties=True),
        with_columns(),
        with_columns("other", patternProperties={".*": {}}),
        {"streams": [entry(stream={"name": "a"})]},
        {"streams": [entry(stream={"name": "a", "json_schema": {"properties": None}})]},
    ],
)
def test_a_stream_that_has_the_columns_or_does_not_list_its_own_is_written(catalog: Any) -> None:
    assert write(catalog, records=MAPPED).accepted == 1


def test_rows_of_events_need_no_column_that_the_schema_lists() -> None:
    assert write(with_columns("other")).accepted == 1


def test_an_empty_catalog_says_so_and_takes_no_record(log_lines: list[str]) -> None:
    with pytest.raises(Failure, match="a record of a, a stream not in the catalog"):
        write({"streams": []})
    assert any("selects no stream" in line for line in log_lines)


def test_a_record_of_a_stream_that_was_not_selected_is_refused() -> None:
    with pytest.raises(Failure, match="a record of b, a stream not in the catalog"):
        write({"streams": [entry()]}, stream="b")
