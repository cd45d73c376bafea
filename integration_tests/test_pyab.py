"""PyAirbyte's own validation of both connectors, as the executables that were installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from integration_tests.pyairbyte_environment import require_pyairbyte

pytestmark = pytest.mark.long_series  # test_pyairbyte.py has both pass their check
INSTALLED = Path(sys.executable).parent


def _validate(executable: str, config: Mapping[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    """`pyab validate`: runs spec, then check with the configuration; exits with 1 where either fails."""
    path = folder / "config.json"
    path.write_text(json.dumps(config), "utf-8")
    named = ("--connector", f"{INSTALLED}/{executable}", "--config", str(path))
    offline = {**os.environ, "DO_NOT_TRACK": "1", "AIRBYTE_OFFLINE_MODE": "1"}
    return subprocess.run(
        [require_pyairbyte() / "pyab", "validate", *named], env=offline, capture_output=True, text=True, timeout=120
    )


def test_pyab_validates_the_source(source_config: Mapping[str, Any], tmp_path: Path) -> None:
    validated = _validate("source-mailjet-segment", source_config, tmp_path)
    assert validated.returncode == 0, validated.stderr[-4000:]


def test_pyab_validates_the_destination(destination_config: Mapping[str, Any], tmp_path: Path) -> None:
    validated = _validate("destination-segment", destination_config, tmp_path)
    assert validated.returncode == 0, validated.stderr[-4000:]
