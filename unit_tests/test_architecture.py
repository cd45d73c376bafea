"""The arrows between the packages, and what no file of the project may contain."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

READING = {"mailjet_reading", "mailjet_events", "mailjet_rest", "segment_events", "program"}
SENDING = {"segment_api", "segment_events", "program"}
CONNECTORS = {"source_mailjet_segment", "destination_segment"}

MAY_IMPORT: dict[str, set[str]] = {
    "segment_events": set(),
    "program": set(),
    "segment_api": {"segment_events", "program"},
    "mailjet_rest": {"segment_events", "program"},
    "mailjet_events": {"segment_events", "mailjet_rest"},
    "mailjet_reading": {"mailjet_events", "mailjet_rest", "segment_events", "program"},
    "event_store": {"segment_events"},
    "mailjet_collector": {*READING, *SENDING, "event_store"},
    "source_mailjet_segment": READING,
    "destination_segment": SENDING,
    "mailjet_sandbox": {"segment_events"},
    "mailjet_segment": {*READING, *SENDING, *CONNECTORS, "event_store", "mailjet_collector", "mailjet_sandbox"},
    "lab": {*READING, *SENDING, *CONNECTORS, "event_store", "mailjet_sandbox", "mailjet_segment"},
}
"""Which of our packages each may import, from the ground up. The sandbox judges the connectors, so it may not use them.
Nobody may need the lab."""

AIRBYTE = {*CONNECTORS, "lab"}
"""Who may import airbyte-cdk."""

CATCH_ALL_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc"}

MACHINE_PATH = re.compile(r"/(?:work|root|farm)/[a-z]|/home/[a-z]+/|/tmp/(?!airbyte)[\w.]")
REGISTRY_HOST = re.compile(r"pypi[.]org|python[h]osted|npm[j]s[.]|deb[.]debian|crates[.]io|proxy[.]golang")


def _modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"{package} has no modules"
    return found


def _imports(module: Path) -> Iterator[str]:
    """The top-level names that a module imports anywhere in it; a relative import is its own package's."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0] if not node.level else module.relative_to(ROOT).parts[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            assert isinstance(node.args[0], ast.Constant), f"{module} imports a module whose name is computed"
            yield str(node.args[0].value).partition(".")[0]


def _tracked_files() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file():
            yield name, path.read_text("utf-8")


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_those_its_arrows_point_to(package: str) -> None:
    ours = set(MAY_IMPORT) - MAY_IMPORT[package] - {package}
    for module in _modules(package):
        forbidden = ours & set(_imports(module))
        assert not forbidden, f"{module.relative_to(ROOT)} imports {', '.join(sorted(forbidden))}"


def test_segment_events_imports_only_the_standard_library() -> None:
    for module in _modules("segment_events"):
        foreign = set(_imports(module)) - sys.stdlib_module_names - {"segment_events"}
        assert not foreign, f"{module.relative_to(ROOT)} imports {', '.join(sorted(foreign))}"


def test_the_event_store_imports_nothing_foreign_but_what_keeps_it() -> None:
    allowed = sys.stdlib_module_names | {"event_store", "segment_events", "sqlalchemy", "alembic", "psycopg"}
    for module in _modules("event_store"):
        foreign = set(_imports(module)) - allowed
        assert not foreign, f"{module.relative_to(ROOT)} imports {', '.join(sorted(foreign))}"


def test_every_package_has_its_arrows() -> None:
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == set(MAY_IMPORT)


@pytest.mark.parametrize("package", ["destination_segment", "segment_api", "program"])
def test_who_serves_every_source_does_not_know_the_word_mailjet(package: str) -> None:
    assert not [str(module.relative_to(ROOT)) for module in _modules(package) if _knows_mailjet(module)]


@pytest.mark.parametrize("package", sorted(set(MAY_IMPORT) - AIRBYTE))
def test_only_the_connectors_import_airbytes_kit(package: str) -> None:
    assert not [str(module.relative_to(ROOT)) for module in _modules(package) if "airbyte_cdk" in set(_imports(module))]


def _knows_mailjet(module: Path) -> bool:
    return "mailjet" in module.read_text("utf-8").lower()


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_no_module_is_named_after_nothing(package: str) -> None:
    assert not [str(module.relative_to(ROOT)) for module in _modules(package) if module.stem in CATCH_ALL_NAMES]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY_HOST], ids=["paths of a machine", "hosts of registries"])
def test_no_tracked_file_contains(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name}: {line.strip()[:120]}"
        for name, text in _tracked_files()
        for line in text.splitlines()
        if pattern.search(line)
    ]
    assert not found
