"""Tests that import PyAirbyte, run where it is installed: by a pytest of its own in `.venv-airbyte`, as a process.

PyAirbyte ends at Python 3.12 and the project does not, so the environment of the other tests is without it. A file of
tests that has the mark `pyairbyte` is run there once; each of its tests is shown here as it ended there.
"""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parent.parent
BIN = ROOT / ".venv-airbyte" / "bin"
MARK = "pytestmark = pytest.mark.pyairbyte"


def require_pyairbyte() -> Path:
    """The folder with the programs of PyAirbyte's environment. Without it a test is skipped, and fails under CI."""
    if not (BIN / "pytest").exists():
        why = "PyAirbyte has no environment: make test makes it where there is a Python 3.12 or 3.11"
        if os.environ.get("CI") == "true":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)
    return BIN


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Takes the marked files out of this process, unless PyAirbyte is in it."""
    if find_spec("airbyte") or MARK not in module_path.read_text("utf-8"):
        return None
    file: pytest.Collector = MarkedFile.from_parent(parent, path=module_path)
    return file


class MarkedFile(pytest.File):
    """A file of tests that runs elsewhere, when the first of them is asked for."""

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each test function, found without importing the file."""
        for node in ast.parse(self.path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                item: pytest.Item = ForwardedTest.from_parent(self, name=node.name)
                item.add_marker("pyairbyte")
                item.add_marker(pytest.mark.xdist_group(self.path.name))
                yield item

    @cached_property
    def ended(self) -> tuple[Mapping[str, list[ElementTree.Element]], str]:
        """How the tests of this file that were selected here ended there: JUnit's elements, by the function's name.

        Beside them, what pytest said if it did not come to a report.
        """
        selected = [f"{self.path}::{item.name}" for item in self.session.items if item.parent is self]
        with TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            options = ["-p", "no:cacheprovider", "-W", "default", f"--junitxml={report}"]
            command = [str(require_pyairbyte() / "python"), "-m", "pytest", *options, *selected]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            if not report.exists():
                return {}, f": pytest ended with {done.returncode}\n{done.stdout}{done.stderr}"
            endings: dict[str, list[ElementTree.Element]] = {}
            for case in ElementTree.parse(report).iter("testcase"):
                endings.setdefault(case.get("name", "").partition("[")[0], []).append(case)
        return endings, ""


class ForwardedTest(pytest.Item):
    """A test function, with all its parameters, as it ended in PyAirbyte's environment."""

    def runtest(self) -> None:
        """Ends as the test did there."""
        require_pyairbyte()
        assert isinstance(self.parent, MarkedFile)
        endings, trouble = self.parent.ended
        cases = endings.get(self.name)
        if not cases:
            pytest.fail(f"{self.name} did not run in {BIN.parent.name}{trouble}", pytrace=False)
        texts = [one.text or "" for case in cases for one in case if one.tag in {"failure", "error"}]
        if texts:
            pytest.fail("\n".join(texts), pytrace=False)
        skipped = [one.get("message", "") for case in cases for one in case.iter("skipped")]
        if len(skipped) == len(cases):
            pytest.skip(skipped[0])
