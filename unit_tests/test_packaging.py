"""One version everywhere, and documents that name what can be configured."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import destination_segment

ROOT = Path(__file__).parent.parent
SPECS = {
    "source": ROOT / "source_mailjet_segment" / "spec.json",
    "destination": ROOT / "destination_segment" / "spec.json",
}
METADATA = {"source": ROOT / "metadata.yaml", "destination": ROOT / "destination_segment" / "metadata.yaml"}


def _version() -> str:
    match = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert match
    return match[1]


def _metadata(connector: str) -> Mapping[str, Any]:
    data: Mapping[str, Any] = yaml.safe_load(METADATA[connector].read_text("utf-8"))["data"]
    return data


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    """The names of all fields of a specification, those inside its choices too."""
    for name, field in schema.get("properties", {}).items():
        yield name
        yield from _fields(field)
    for choice in schema.get("oneOf", ()):
        yield from _fields(choice)


@pytest.mark.parametrize("connector", METADATA)
def test_the_metadata_names_the_version_of_the_distribution(connector: str) -> None:
    assert _metadata(connector)["dockerImageTag"] == _version()


@pytest.mark.parametrize("connector", METADATA)
def test_the_icon_that_the_metadata_names_is_there(connector: str) -> None:
    assert "<svg" in (METADATA[connector].parent / _metadata(connector)["icon"]).read_text("utf-8")


@pytest.mark.parametrize("connector", METADATA)
def test_the_image_is_labelled_with_the_name_and_version_of_the_metadata(connector: str) -> None:
    data = _metadata(connector)
    label = f"LABEL io.airbyte.name={data['dockerRepository']} io.airbyte.version={data['dockerImageTag']}\n"
    assert label in (ROOT / "Dockerfile").read_text("utf-8")


@pytest.mark.parametrize("connector", METADATA)
def test_the_image_is_built_on_the_base_that_the_metadata_names(connector: str) -> None:
    base = _metadata(connector)["connectorBuildOptions"]["baseImage"]
    assert f"ARG BASE_IMAGE={base}\n" in (ROOT / "Dockerfile").read_text("utf-8")


def test_the_destination_knows_its_own_version() -> None:
    assert _version() == destination_segment.VERSION


def test_the_changelog_begins_with_this_version() -> None:
    first = re.search(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert first
    assert first[1] == _version()


@pytest.mark.parametrize("connector", SPECS)
def test_the_readme_names_every_field_of_the_configuration(connector: str) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    fields = set(_fields(json.loads(SPECS[connector].read_text("utf-8"))["connectionSpecification"]))
    assert fields
    assert not sorted(field for field in fields if f"`{field}`" not in readme and f'"{field}":' not in readme)
