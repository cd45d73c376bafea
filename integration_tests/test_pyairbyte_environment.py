"""A test that is run in PyAirbyte's environment is shown here as it ended there."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from integration_tests.pyairbyte_environment import MARK, ROOT, require_pyairbyte

TESTS = f"""
import pytest
{MARK}

def test_there():
    import airbyte

@pytest.mark.parametrize("number", [1, 2])
def test_wrong_with_one_of_its_parameters(number):
    assert number == 1, "told"

@pytest.fixture
def leaves():
    yield
    raise ValueError("left behind")

def test_wrong_at_its_end(leaves):
    pass

def test_left_out():
    pytest.skip("not today")
"""


def test_a_marked_test_ends_as_it_ended_in_the_other_environment(tmp_path: Path) -> None:
    require_pyairbyte()
    if find_spec("airbyte"):
        pytest.skip("PyAirbyte is in this environment too, so nothing runs elsewhere")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  pyairbyte\n  xdist_group\n")
    (tmp_path / "test_marked.py").write_text(TESTS, "utf-8")
    options = ["-p", "integration_tests.pyairbyte_environment", "-p", "no:cacheprovider", "-rA", str(tmp_path)]
    done = subprocess.run([sys.executable, "-m", "pytest", *options], cwd=ROOT, capture_output=True, text=True)
    assert "2 failed, 1 passed, 1 skipped" in done.stdout
    assert "AssertionError: told" in done.stdout
    assert "ValueError: left behind" in done.stdout
    assert "not today" in done.stdout
