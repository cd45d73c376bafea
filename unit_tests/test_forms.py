"""The forms that Airbyte draws of both specifications keep its rules, and each rule finds what breaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from lab.airbyte_form.__main__ import SPECIFICATIONS
from lab.airbyte_form.layout import groups_of
from lab.airbyte_form.page import draw
from lab.airbyte_form.rules import broken_rules

Specification = dict[str, Any]
OPTIONAL = [
    "engagement_days",
    "lookback_minutes",
    "unsubscribe_event_name",
    "max_requests_per_second",
    "num_workers",
    "end_date",
]


def specification(name: str) -> Specification:
    whole: Specification = json.loads(SPECIFICATIONS[name].read_text("utf-8"))["connectionSpecification"]
    return whole


def folded(name: str) -> dict[str, tuple[list[str], list[str]]]:
    return {
        group.name: ([field.path for field in group.shown], [field.path for field in group.folded])
        for group in groups_of(specification(name))
    }


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_the_form_keeps_the_rules_of_airbyte(name: str) -> None:
    assert broken_rules(specification(name)) == []


def test_the_source_asks_for_five_things_and_folds_the_rest_away() -> None:
    assert folded("source-mailjet-segment") == {
        "account": (["api_key", "api_key_secret", "api_url"], []),
        "events": (["start_date", "user_id"], []),
        "advanced": (["events_from"], OPTIONAL),
    }


def test_the_destination_asks_for_three_things_and_folds_the_rest_away() -> None:
    assert folded("destination-segment") == {
        "workspace": (["write_key", "region"], []),
        "events": (["records"], []),
        "advanced": ([], ["on_rejected", "max_requests_per_second", "num_workers"]),
    }


def change(*path: str | int, **words: Any) -> Callable[[Specification], None]:
    """Sets words of the schema at a path; None takes a word away."""

    def apply(schema: Specification) -> None:
        place: Any = schema
        for step in path:
            place = place[step]
        for word, value in words.items():
            if value is None:
                place.pop(word)
            else:
                place[word] = value

    return apply


@pytest.mark.parametrize(
    "spoil, sentence",
    [
        (change(groups=[{"id": "advanced", "title": "Advanced"}, {"id": "account", "title": "A"}]), "last group"),
        (change("properties", "api_key", group=None), "need a group"),
        (change("groups", 0, title="mailjet account"), "Group 'account' needs a title"),
        (change("properties", "api_key", group="advanced"), "api_key is required, so it is not advanced"),
        (change("properties", "end_date", group="account"), "end_date would be folded away"),
        (change("properties", "api_url", order=0), "an order of its own"),
        (change("properties", "user_id", order=-1), "user_id is not required and comes before"),
        (change("properties", "api_key", title="API key"), "api_key needs a title"),
        (change("properties", "api_key", title=None), "api_key needs a title"),
        (change("properties", "api_key", description="In Mailjet: somewhere"), "api_key needs a description"),
        (change("properties", "num_workers", description="Threads."), "the description says threads"),
        (change("properties", "api_key_secret", description="The other key."), "api_key_secret asks for a text"),
        (change("properties", "api_url", pattern_descriptor=None), "api_url has a pattern"),
        (change("properties", "api_key", airbyte_secret=None), "api_key is a secret"),
        (change("properties", "user_id", default={"from": "none"}), "the first option must be the default"),
        (change("properties", "user_id", "oneOf", 1, title="nobody"), r"user_id\[custom_id\] needs a title"),
        (change("properties", "user_id", "oneOf", 1, "properties", "from", const=None), "one field with a const"),
        (
            change("properties", "user_id", "oneOf", 0, "properties", "property", default=None, always_show=None),
            "property has no default, so it must not be folded away",
        ),
        (
            change("properties", "events_from", "oneOf", 1, "properties", "url", title="the address"),
            r"events_from\[collector\].url needs a title",
        ),
    ],
)
def test_each_rule_finds_what_breaks_it(spoil: Callable[[Specification], None], sentence: str) -> None:
    spoiled = deepcopy(specification("source-mailjet-segment"))
    spoil(spoiled)
    found = "\n".join(broken_rules(spoiled))
    assert re.search(sentence, found) if sentence else not found, found


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_the_page_shows_every_title_and_no_folded_field_before_its_fold(name: str) -> None:
    page = draw(name, specification(name))
    for group in groups_of(specification(name)):
        for field in (*group.shown, *group.folded):
            title = field.schema["title"].replace("'", "&#x27;")
            assert f">{title}<" in page
        if group.folded:
            fold = page.index("Optional fields", page.index(f"<h2>{group.title}<"))
            assert page.index(f'for="{group.folded[0].path}"') > fold
