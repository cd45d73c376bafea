"""The CDK's standard tests of the destination, against the sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.test.standard_tests import DestinationTestSuiteBase
from airbyte_cdk.test.standard_tests.pytest_hooks import pytest_generate_tests  # noqa: F401

from destination_segment.destination import DestinationSegment

ROOT = Path(__file__).parent.parent
CONFIGS = ROOT / "build" / "standard_tests" / "destination"
pytestmark = pytest.mark.xdist_group("images")
MAPPED = {"shape": "mapped", "event_name": "{stream} changed", "anonymous_id": "id", "timestamp": "updated_at"}


@pytest.fixture(scope="module", autouse=True)
def _configs_of_acceptance_test_config(destination_config: Mapping[str, Any]) -> None:
    CONFIGS.mkdir(parents=True, exist_ok=True)
    for name, changes in {
        "config": {},
        "mapped": {"records": MAPPED},
        "unreachable": {"region": {"location": "other", "api_url": "http://127.0.0.1:9"}},
    }.items():
        (CONFIGS / f"{name}.json").write_text(json.dumps({**destination_config, **changes}), "utf-8")


@pytest.fixture
def connector_image_override(images: Mapping[str, str]) -> str:
    """The image that the CDK's tests of images run: ours, from our Dockerfile."""
    return images["destination-segment"]


@pytest.fixture
def connector_base_image_override() -> None:
    """Not asked for: the image is already built."""


class TestDestinationSegment(DestinationTestSuiteBase):
    connector = DestinationSegment

    # These need the container to reach the sandbox on 127.0.0.1, or a registry, or are for sources; test_containers.py
    # covers the first.
    test_docker_image_build_and_check = None  # type: ignore[assignment]
    test_docker_image_build_and_discover = None  # type: ignore[assignment]
    test_docker_image_build_and_read = None  # type: ignore[assignment]
    test_docker_image_spec_backward_compatibility = None  # type: ignore[assignment]

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        """The folder with the destination's metadata.yaml; the source's is at the top."""
        return ROOT / "destination_segment"
