"""What the integration tests share: a sandbox served for all of them, configurations that lead to it, the images."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from integration_tests.pyairbyte_environment import pytest_pycollect_makemodule as pytest_pycollect_makemodule
from mailjet_sandbox.sandbox import Sandbox
from segment_events.instants import format_instant

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    """An account with events of every kind; for tests that change nothing about it."""
    with Sandbox(messages=600, days=20) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def source_config(shared_sandbox: Sandbox) -> Mapping[str, Any]:
    """A source that reads all of the shared account, as fast as it can."""
    return {
        "api_key": shared_sandbox.api_key,
        "api_key_secret": shared_sandbox.api_key_secret,
        "api_url": shared_sandbox.mailjet_url,
        "start_date": format_instant(shared_sandbox.start),
        "max_requests_per_second": 1000,
    }


@pytest.fixture(scope="session")
def destination_config(shared_sandbox: Sandbox) -> Mapping[str, Any]:
    """A destination that writes rows of events to the shared stand-in for Segment."""
    return {
        "write_key": shared_sandbox.write_key,
        "region": {"location": "other", "api_url": shared_sandbox.segment_url},
    }


@pytest.fixture(scope="session")
def images() -> Mapping[str, str]:
    """The names of all images, built from the Dockerfile by the command that the documents give."""
    if not shutil.which("docker"):
        pytest.fail("There is no container engine: leave these tests out with -m 'not image_tests'.")
    built = subprocess.run(["make", "images"], cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout[-4000:] + built.stderr[-4000:]
    tag = (ROOT / "pyproject.toml").read_text("utf-8").partition('\nversion = "')[2].partition('"')[0]
    return {name: f"{name}:{tag}" for name in ("source-mailjet-segment", "destination-segment", "mailjet-collector")}
