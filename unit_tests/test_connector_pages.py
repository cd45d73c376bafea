"""The pages of both connectors have the order of Airbyte's template and name what the connectors have."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from lab.airbyte_form.__main__ import SPECIFICATIONS
from lab.airbyte_form.layout import Field, groups_of, options_of
from lab.documents import ROOT
from segment_events.kinds import ALL_KINDS, columns_of

METADATA = {
    "source-mailjet-segment": ROOT / "metadata.yaml",
    "destination-segment": ROOT / "destination_segment" / "metadata.yaml",
}
ORDER = [
    "Prerequisites",
    "Setup guide",
    "Supported sync modes",
    "Supported Streams",
    "Performance considerations",
    "Data type map",
    "Limitations & Troubleshooting",
    "Changelog",
]
every_connector = pytest.mark.parametrize("connector", METADATA)


def page_of(connector: str) -> str:
    return (ROOT / "docs" / "connectors" / f"{connector}.md").read_text("utf-8")


def section(connector: str, title: str) -> str:
    return page_of(connector).partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def fields_of(connector: str) -> list[Field]:
    specification = json.loads(SPECIFICATIONS[connector].read_text("utf-8"))["connectionSpecification"]
    return [field for group in groups_of(specification) for field in (*group.shown, *group.folded)]


@every_connector
def test_the_page_has_the_order_of_airbytes_template(connector: str) -> None:
    assert re.findall(r"^## (.+)$", page_of(connector), re.MULTILINE) == ORDER


@every_connector
def test_the_page_begins_with_the_name_that_the_registry_has_and_hides_its_first_words_in_the_form(
    connector: str,
) -> None:
    name = yaml.safe_load(METADATA[connector].read_text("utf-8"))["data"]["name"]
    assert page_of(connector).startswith(f"# {name}\n\n<HideInUI>\n")


@every_connector
def test_the_prerequisites_name_every_required_field(connector: str) -> None:
    required = [field.schema["title"] for field in fields_of(connector) if field.required]
    assert required
    assert not [title for title in required if f"**{title}**" not in section(connector, "Prerequisites")]


@every_connector
def test_the_page_names_every_field_of_the_form_and_every_option(connector: str) -> None:
    page = page_of(connector)
    fields = fields_of(connector)
    options = [option for field in fields for option in options_of(field) if field.path in {"user_id", "records"}]
    assert not [field.path for field in fields if f"**{field.schema['title']}**" not in page]
    assert not [option.word for option in options if f"*{option.schema['title']}*" not in page.replace("\n   ", " ")]


def test_the_page_of_the_source_names_every_stream() -> None:
    named = re.findall(r"^\| `(\w+)`", section("source-mailjet-segment", "Supported Streams"), re.MULTILINE)
    assert named == [*(kind.stream for kind in ALL_KINDS if kind.name != "blocked"), "tracks", "email_blocked"]


def test_the_data_type_map_of_the_source_names_every_column_that_is_no_text() -> None:
    columns = {name: of for kind in ALL_KINDS for name, of in columns_of(kind.stream).items()}
    special = {name for name, of in columns.items() if of != "text"}
    assert special
    assert not [name for name in special if f"`{name}`" not in section("source-mailjet-segment", "Data type map")]


@every_connector
def test_the_changelog_has_a_row_for_each_version(connector: str) -> None:
    versions = re.findall(r"^## \[(\d\S*)\] - (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    rows = re.findall(r"^\| (\d\S*) \| (\S+) \|", section(connector, "Changelog"), re.MULTILINE)
    assert rows == versions
