"""Texts that people and programs have cut off: JSON can hold half a character, and nothing behind the source can."""

from __future__ import annotations

import json
from typing import Any

from mailjet_sandbox.faults import Fault, json_body
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.conftest import SEGMENT_STREAMS

HALF_AN_EMOJI = "\ud83d"


def cut_off(envelope: dict[str, Any]) -> dict[str, Any]:
    """The same rows, with half an emoji at the end of each text that a person or a program has written."""
    for row in envelope.get("Data", ()):
        for name in {"Subject", "ContactAlt", "CustomID", "Url", "CustomValue"} & row.keys():
            row[name] += HALF_AN_EMOJI
        for item in row.get("Data") or ():
            item["Value"] = f"{item['Value']}{HALF_AN_EMOJI}"
    return envelope


def test_half_a_character_in_any_text_stops_no_sync_and_reaches_no_record(read: Any) -> None:
    with Sandbox(seed=35, messages=200, faults=[Fault("", json_body(cut_off), times=None)]) as sandbox:
        synced = read(sandbox)
    assert (synced.failed, synced.errors) == (None, [])
    records = [record for stream in SEGMENT_STREAMS for record in synced.records[stream]]
    json.dumps(records, ensure_ascii=False).encode()
    for column in ("email_subject", "user_id", "link_url", "context_traits_email"):
        assert any(str(record.get(column)).endswith("\ufffd") for record in records), column
