"""The CDK's standard tests of the source, against the sandbox; what the CDK only advises counts as an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.test.standard_tests import SourceTestSuiteBase
from airbyte_cdk.test.standard_tests.pytest_hooks import pytest_generate_tests  # noqa: F401

from source_mailjet_segment.source import SourceMailjetSegment

CONFIGS = Path(__file__).parent.parent / "build" / "standard_tests" / "source"

pytestmark = [
    pytest.mark.filterwarnings("error::airbyte_cdk.test.standard_tests.DiscoveredCatalogWarning"),
    pytest.mark.xdist_group("images"),
]


@pytest.fixture(scope="module", autouse=True)
def _configs_of_acceptance_test_config(source_config: Mapping[str, Any]) -> None:
    CONFIGS.mkdir(parents=True, exist_ok=True)
    for name, changes in {
        "config": {},
        "wrong_secret": {"api_key_secret": "000-no-such-secret-000"},
        "unreachable": {"api_url": "http://127.0.0.1:9"},
    }.items():
        (CONFIGS / f"{name}.json").write_text(json.dumps({**source_config, **changes}), "utf-8")


@pytest.fixture
def connector_image_override(images: Mapping[str, str]) -> str:
    """The image that the CDK's tests of images run: ours, from our Dockerfile."""
    return images["source-mailjet-segment"]


@pytest.fixture
def connector_base_image_override() -> None:
    """Not asked for: the image is already built."""


class TestSourceMailjetSegment(SourceTestSuiteBase):
    connector = SourceMailjetSegment

    # These need the container to reach the sandbox on 127.0.0.1, or a registry; test_containers.py covers the first.
    test_docker_image_build_and_check = None  # type: ignore[assignment]
    test_docker_image_build_and_discover = None  # type: ignore[assignment]
    test_docker_image_build_and_read = None  # type: ignore[assignment]
    test_docker_image_spec_backward_compatibility = None  # type: ignore[assignment]
