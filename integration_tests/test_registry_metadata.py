"""Both files of metadata are what Airbyte's registry takes, by the schema that Airbyte publishes for them.

The schema is in a package with many dependencies, so it is installed beside PyAirbyte and read from there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from integration_tests.pyairbyte_environment import require_pyairbyte

ROOT = Path(__file__).parent.parent
SCHEMA = "lib/python3*/site-packages/airbyte_connector_models/metadata/v0/ConnectorMetadataDefinitionV0.json"


@pytest.fixture(scope="module")
def registry() -> Draft7Validator:
    (path,) = require_pyairbyte().parent.glob(SCHEMA)
    return Draft7Validator(json.loads(path.read_text("utf-8")))


def broken(registry: Draft7Validator, metadata: Mapping[str, Any]) -> list[str]:
    return [error.message for error in registry.iter_errors(metadata)]


@pytest.mark.parametrize("file", ["metadata.yaml", "destination_segment/metadata.yaml"])
def test_the_metadata_is_what_the_registry_takes(registry: Draft7Validator, file: str) -> None:
    metadata = yaml.safe_load((ROOT / file).read_text("utf-8"))
    assert broken(registry, metadata) == []
    del metadata["data"]["license"]
    assert broken(registry, metadata) == ["'license' is a required property"]
