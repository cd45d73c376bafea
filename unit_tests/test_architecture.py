"""The arrows between the packages, and what no file of the project may contain."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unit_tests.imports import ROOT, imported_modules, imported_packages, modules_of

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
    "lab": {*READING, *SENDING, *CONNECTORS, "event_store", "mailjet_collector", "mailjet_sandbox", "mailjet_segment"},
}
"""Which of our packages each may import, from the ground up. The sandbox judges the connectors, so it may not use them.
Nobody may need the lab."""

MAY_IMPORT_INSIDE: dict[str, set[str]] = {
    "event_store.migrations": {"event_store"},
    "event_store": {"event_store.migrations"},
    "lab": set(),
    "lab.airbyte_form": set(),
    "lab.benchmarks": {"lab"},
    "lab.fuzz": set(),
    "lab.leak_watch": set(),
    "lab.proof": {"lab", "lab.benchmarks"},
    "lab.without_servers": set(),
    "mailjet_reading.lookups": {"mailjet_reading"},
    "mailjet_reading.feeds": {"mailjet_reading", "mailjet_reading.lookups"},
    "mailjet_reading": {"mailjet_reading.feeds", "mailjet_reading.lookups"},
    "mailjet_segment.analytics": {"mailjet_segment", "mailjet_segment.loads"},
    "mailjet_segment.commands": {
        "mailjet_segment",
        "mailjet_segment.analytics",
        "mailjet_segment.doctor",
        "mailjet_segment.exploring",
        "mailjet_segment.exporting",
        "mailjet_segment.first_steps",
        "mailjet_segment.reconciling",
        "mailjet_segment.report",
        "mailjet_segment.sync",
    },
    "mailjet_segment.doctor": {"mailjet_segment", "mailjet_segment.loads", "mailjet_segment.sync"},
    "mailjet_segment.exploring": {"mailjet_segment", "mailjet_segment.analytics"},
    "mailjet_segment.exporting": {"mailjet_segment", "mailjet_segment.analytics"},
    "mailjet_segment.first_steps": {"mailjet_segment", "mailjet_segment.doctor", "mailjet_segment.sync"},
    "mailjet_segment.loads": {"mailjet_segment"},
    "mailjet_segment.reconciling": {"mailjet_segment", "mailjet_segment.analytics"},
    "mailjet_segment.report": {"mailjet_segment", "mailjet_segment.analytics"},
    "mailjet_segment.sync": {"mailjet_segment", "mailjet_segment.loads", "mailjet_segment.report"},
    "mailjet_segment": {
        "mailjet_segment.analytics",
        "mailjet_segment.commands",
        "mailjet_segment.loads",
        "mailjet_segment.report",
        "mailjet_segment.sync",
    },
    "source_mailjet_segment.from_collector": {"source_mailjet_segment"},
    "source_mailjet_segment": {"source_mailjet_segment.from_collector"},
}
"""Which other folders of its package each folder may import. A package stands for the files directly in it."""

AIRBYTE = {*CONNECTORS, "lab"}
"""Who may import airbyte-cdk."""

CATCH_ALL_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc"}

MACHINE_PATH = re.compile(r"/(?:work|root|farm)/[a-z]|/home/[a-z]+/|/tmp/(?!airbyte)[\w.]")
REGISTRY_HOST = re.compile(r"pypi[.]org|python[h]osted|npm[j]s[.]|deb[.]debian|crates[.]io|proxy[.]golang")


def _text(path: Path) -> str:
    """The text of a file; of a packed database and of a picture, the texts as far as they are any."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
    if path.suffix == ".png":
        return path.read_bytes().decode("utf-8", "replace")
    return path.read_text("utf-8")


def _tracked_files() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file():
            yield name, _text(path)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_those_its_arrows_point_to(package: str) -> None:
    ours = set(MAY_IMPORT) - MAY_IMPORT[package] - {package}
    for module in modules_of(package):
        forbidden = ours & imported_packages(module)
        assert not forbidden, f"{module.relative_to(ROOT)} imports {', '.join(sorted(forbidden))}"


def test_segment_events_imports_only_the_standard_library() -> None:
    for module in modules_of("segment_events"):
        foreign = imported_packages(module) - sys.stdlib_module_names - {"segment_events"}
        assert not foreign, f"{module.relative_to(ROOT)} imports {', '.join(sorted(foreign))}"


def test_program_imports_only_what_reaches_the_network_and_checks_a_schema() -> None:
    allowed = sys.stdlib_module_names | {"program", "jsonschema", "requests", "urllib3"}
    for module in modules_of("program"):
        foreign = imported_packages(module) - allowed
        assert not foreign, f"{module.relative_to(ROOT)} imports {', '.join(sorted(foreign))}"


def test_the_event_store_imports_nothing_foreign_but_what_keeps_it() -> None:
    allowed = sys.stdlib_module_names | {"event_store", "segment_events", "sqlalchemy", "alembic", "orjson", "psycopg"}
    for module in modules_of("event_store"):
        foreign = imported_packages(module) - allowed
        assert not foreign, f"{module.relative_to(ROOT)} imports {', '.join(sorted(foreign))}"


def _folder_of(name: str) -> str:
    """The folder of a dotted name; only its first two parts count, such as `event_store.migrations`."""
    first, *rest = name.split(".")
    return f"{first}.{rest[0]}" if rest and (ROOT / first / rest[0]).is_dir() else first


def _folder_of_file(module: Path) -> str:
    return _folder_of(".".join(module.relative_to(ROOT).with_suffix("").parts))


@pytest.mark.parametrize("folder", MAY_IMPORT_INSIDE)
def test_a_folder_imports_only_those_of_its_package_that_its_arrows_point_to(folder: str) -> None:
    package = folder.partition(".")[0]
    for module in modules_of(package):
        if _folder_of_file(module) == folder:
            inside = {_folder_of(name) for name in imported_modules(module) if name.partition(".")[0] == package}
            forbidden = inside - MAY_IMPORT_INSIDE[folder] - {folder}
            assert not forbidden, f"{module.relative_to(ROOT)} imports {', '.join(sorted(forbidden))}"


def test_every_folder_of_a_package_has_its_arrows() -> None:
    found = {_folder_of_file(module) for package in MAY_IMPORT for module in modules_of(package)}
    folders = {folder for folder in found if "." in folder}
    assert folders
    assert folders | {folder.partition(".")[0] for folder in folders} == set(MAY_IMPORT_INSIDE)


def test_every_package_has_its_arrows() -> None:
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == set(MAY_IMPORT)


@pytest.mark.parametrize("package", ["destination_segment", "segment_api", "program"])
def test_who_serves_every_source_does_not_know_the_word_mailjet(package: str) -> None:
    assert not [str(module.relative_to(ROOT)) for module in modules_of(package) if _knows_mailjet(module)]


@pytest.mark.parametrize("package", sorted(set(MAY_IMPORT) - AIRBYTE))
def test_only_the_connectors_import_airbytes_kit(package: str) -> None:
    assert not [
        str(module.relative_to(ROOT)) for module in modules_of(package) if "airbyte_cdk" in imported_packages(module)
    ]


def _knows_mailjet(module: Path) -> bool:
    return "mailjet" in module.read_text("utf-8").lower()


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_no_module_is_named_after_nothing(package: str) -> None:
    assert not [str(module.relative_to(ROOT)) for module in modules_of(package) if module.stem in CATCH_ALL_NAMES]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY_HOST], ids=["paths of a machine", "hosts of registries"])
def test_no_tracked_file_contains(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name}: {line.strip()[:120]}"
        for name, text in _tracked_files()
        for line in text.splitlines()
        if pattern.search(line)
    ]
    assert not found
