"""The streams' schemas: each column says what it means, and gives an example that it may really have."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft7Validator, FormatChecker

from segment_events.event_id import url_digest
from segment_events.kinds import ALL_KINDS, COMMON_COLUMNS, EMAIL_COLUMNS
from source_mailjet_segment.column_meanings import BY_WEBHOOKS_ONLY, MEANINGS
from source_mailjet_segment.schemas import schema_of
from source_mailjet_segment.streams import STREAM_NAMES


@pytest.mark.parametrize("stream", STREAM_NAMES)
def test_each_column_has_a_meaning_in_sentences_and_an_example_of_its_type(stream: str) -> None:
    for name, column in schema_of(stream)["properties"].items():
        assert re.fullmatch(r"\S.{10,}[.]", column["description"]), name
        (example,) = column["examples"]
        Draft7Validator(column, format_checker=FormatChecker()).validate(example)
        assert example is not None, name


def test_no_meaning_is_of_a_column_that_no_stream_has() -> None:
    columns = {*COMMON_COLUMNS, *EMAIL_COLUMNS, *(name for kind in ALL_KINDS for name in kind.own_columns)}
    assert set(MEANINGS) == columns


def test_the_columns_that_rest_never_fills_say_so() -> None:
    never = {"context_ip", "context_location_country", "comment", "complaint_source", "payload", "smtp_reply"}
    assert {name for name, meaning in MEANINGS.items() if BY_WEBHOOKS_ONLY in meaning.text} == never


def test_is_bot_says_that_it_may_be_null_and_how_bots_are_left_out() -> None:
    text = schema_of("email_opened")["properties"]["is_bot"]["description"]
    assert "Null if" in text
    assert "is_bot IS NOT TRUE" in text


def test_the_example_of_a_link_id_is_that_of_the_example_of_a_link_url() -> None:
    assert MEANINGS["link_id"].example == url_digest(MEANINGS["link_url"].example)[:16]
