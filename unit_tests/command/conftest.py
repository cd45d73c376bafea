"""Two tiny connectors as executables, a DuckDB file, and a step that remembers what it was told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from integration_tests.pyairbyte_environment import pytest_pycollect_makemodule as pytest_pycollect_makemodule
from mailjet_segment.progress import Step

HERE = Path(__file__).parent

Launcher = Callable[[str], Path]


@pytest.fixture
def executable(tmp_path: Path) -> Launcher:
    """The path of an executable that runs one of the modules beside this file."""

    def make(module: str) -> Path:
        path = tmp_path / module
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / module}.py" "$@"\n', encoding="utf-8")
        path.chmod(0o755)
        return path

    return make


class Heard:
    """A step and everything that it showed or said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.shown: list[str] = []
        self.step = Step("Step", self.shown.append, self.shown.append, self.said.append)


@pytest.fixture
def heard() -> Heard:
    return Heard()
