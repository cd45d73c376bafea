"""One version everywhere, and documents that name what can be configured."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from importlib.metadata import requires
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import destination_segment
from segment_events.kinds import KINDS, columns_of
from unit_tests.imports import packages_behind

ROOT = Path(__file__).parent.parent
SPECS = {
    "source": ROOT / "source_mailjet_segment" / "spec.json",
    "destination": ROOT / "destination_segment" / "spec.json",
}
METADATA = {"source": ROOT / "metadata.yaml", "destination": ROOT / "destination_segment" / "metadata.yaml"}


def _version() -> str:
    match = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert match
    return match[1]


def _metadata(connector: str) -> Mapping[str, Any]:
    data: Mapping[str, Any] = yaml.safe_load(METADATA[connector].read_text("utf-8"))["data"]
    return data


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    """The names of all fields of a specification, those inside its choices too."""
    for name, field in schema.get("properties", {}).items():
        yield name
        yield from _fields(field)
    for choice in schema.get("oneOf", ()):
        yield from _fields(choice)


@pytest.mark.parametrize("connector", METADATA)
def test_the_metadata_names_the_version_of_the_distribution(connector: str) -> None:
    assert _metadata(connector)["dockerImageTag"] == _version()


@pytest.mark.parametrize("connector", METADATA)
def test_the_icon_that_the_metadata_names_is_there(connector: str) -> None:
    assert "<svg" in (METADATA[connector].parent / _metadata(connector)["icon"]).read_text("utf-8")


@pytest.mark.parametrize("connector", METADATA)
def test_the_image_is_labelled_with_the_name_and_version_of_the_metadata(connector: str) -> None:
    data = _metadata(connector)
    label = f"LABEL io.airbyte.name={data['dockerRepository']} io.airbyte.version={data['dockerImageTag']}\n"
    assert label in (ROOT / "Dockerfile").read_text("utf-8")


@pytest.mark.parametrize("connector", METADATA)
def test_the_image_is_built_on_the_base_that_the_metadata_names(connector: str) -> None:
    base = _metadata(connector)["connectorBuildOptions"]["baseImage"]
    assert f"ARG BASE_IMAGE={base}\n" in (ROOT / "Dockerfile").read_text("utf-8")


def test_the_destination_knows_its_own_version() -> None:
    assert _version() == destination_segment.VERSION


def test_the_changelog_begins_with_this_version() -> None:
    first = re.search(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert first
    assert first[1] == _version()


def test_each_version_of_the_changelog_says_what_to_do() -> None:
    _, *versions = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    assert versions
    assert all(re.search(r"^### What you have to do\n\n\S", version, re.MULTILINE) for version in versions)


def _pins(lock: str) -> dict[str, Requirement]:
    """What a lock pins, by name."""
    lines = (ROOT / "locks" / lock).read_text("utf-8").splitlines()
    pins = [Requirement(line.removesuffix(" \\")) for line in lines if line and line[0] not in "# "]
    return {canonicalize_name(pin.name): pin for pin in pins}


def _required(extra: str = "") -> list[Requirement]:
    """What the distribution requires, with an extra or without any; an extra may name others."""
    required = [Requirement(one) for one in requires("mailjet-segment") or ()]
    ours = [one for one in required if one.marker is None or one.marker.evaluate({"extra": extra})]
    named = [name for one in ours if one.name == "mailjet-segment" for name in one.extras]
    return [one for one in ours if one.name != "mailjet-segment"] + [one for name in named for one in _required(name)]


@pytest.mark.parametrize(
    "lock, extra, left_out",
    [("requirements.txt", "", set()), ("collector-requirements.txt", "collector", {"airbyte-cdk"})],
)
def test_the_images_lock_satisfies_what_the_distribution_requires(lock: str, extra: str, left_out: set[str]) -> None:
    required = [one for one in _required(extra) if one.name not in left_out]
    pins = _pins(lock)
    assert required
    for one in required:
        (pin,) = pins[canonicalize_name(one.name)].specifier
        assert one.specifier.contains(pin.version), one


@pytest.mark.parametrize("lock", ["requirements.txt", "collector-requirements.txt", "build-requirements.txt"])
def test_the_images_lock_pins_everything_by_hash_and_names_no_place_to_get_it_from(lock: str) -> None:
    text = (ROOT / "locks" / lock).read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)
    entries = re.findall(r"^\w.*(?:\n    --hash=.*)*", text, re.MULTILINE)
    assert len(entries) == len(_pins(lock)) > 0
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry) for entry in entries)
    assert all([one.operator for one in pin.specifier] == ["=="] for pin in _pins(lock).values())


@pytest.mark.parametrize(
    "lock, lists",
    [
        ("requirements.txt", ["left-out.txt"]),
        ("collector-requirements.txt", ["left-out-of-collector.txt"]),
    ],
)
def test_the_images_lock_holds_nothing_that_is_left_out(lock: str, lists: list[str]) -> None:
    lines = [line for name in lists for line in (ROOT / "locks" / name).read_text("utf-8").splitlines()]
    left_out = {canonicalize_name(Requirement(line).name) for line in lines if not line.startswith("#")}
    assert left_out
    assert not left_out & set(_pins(lock))


@pytest.mark.parametrize(
    "file, line", [("compose.yaml", "image: mailjet-collector:{}"), ("kubernetes/kustomization.yaml", "newTag: {}")]
)
def test_the_collector_is_deployed_in_this_version(file: str, line: str) -> None:
    lines = [text.strip() for text in (ROOT / "deploy" / file).read_text("utf-8").splitlines()]
    assert line.format(_version()) in lines


def test_the_image_of_the_collector_is_labelled_with_the_version_of_the_distribution() -> None:
    label = f"org.opencontainers.image.title=mailjet-collector org.opencontainers.image.version={_version()}\n"
    assert label in (ROOT / "Dockerfile").read_text("utf-8")


@pytest.mark.parametrize("connector", SPECS)
def test_the_documents_name_every_field_of_the_configuration(connector: str) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    fields = set(_fields(json.loads(SPECS[connector].read_text("utf-8"))["connectionSpecification"]))
    assert fields
    assert not sorted(field for field in fields if f"`{field}`" not in page and f'"{field}":' not in page)


def test_a_wheel_holds_the_packages_and_nothing_of_an_earlier_build(tmp_path: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tracked = [name for name in listed.split("\0") if (ROOT / name).is_file()]
    for name in tracked:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    stale = tmp_path / "build" / "lib" / "segment_events" / "stale.py"
    stale.parent.mkdir(parents=True)
    stale.touch()
    build = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["lib"]
    (wheel,) = (tmp_path / "dist").iterdir()
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    packages = {name.partition("/")[0] for name in held}
    assert packages == {one for one in packages if (ROOT / one / "__init__.py").is_file()}
    assert {name for name in held if name.endswith(".py")} == {
        name for name in tracked if name.endswith(".py") and name.partition("/")[0] in packages
    }


BUILDS = {
    "build": packages_behind("source_mailjet_segment", "destination_segment"),
    # Of the command, an operator needs what runs the collector and asks it; `demo` and `sandbox` stay out.
    "build-collector": packages_behind("mailjet_collector") | {"mailjet_segment"},
}
"""The stages of the Dockerfile in which packages of ours are built, and what belongs into each."""


PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")}


def _is_sent_to_builds(name: str) -> bool:
    """Whether builds get a file or folder of the root: of the patterns that match it, the last one decides."""
    patterns = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[0] != "#"]
    matching = [pattern for pattern in patterns if fnmatchcase(name, pattern.removeprefix("!"))]
    return matching[-1].startswith("!")


def test_the_images_are_built_of_the_packages_that_they_need_and_no_others() -> None:
    assert set(filter(_is_sent_to_builds, PACKAGES)) == set().union(*BUILDS.values())


def test_builds_get_beside_the_packages_only_what_is_needed_to_build_them() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    named = {name.partition("/")[0] for name in listed.splitlines()} - PACKAGES
    assert set(filter(_is_sent_to_builds, named)) == {"LICENSE", "README.md", "locks", "pyproject.toml", "setup.py"}


@pytest.mark.parametrize(
    "name", [".git", ".venv", "build", "demo", "secrets", "my_keys.json", "mailjet_segment.egg-info"]
)
def test_builds_get_nothing_that_lies_beside_the_project(name: str) -> None:
    assert not _is_sent_to_builds(name)


@pytest.mark.parametrize("stage", BUILDS)
def test_a_build_removes_the_packages_that_its_images_do_not_need(stage: str) -> None:
    _, _, rest = (ROOT / "Dockerfile").read_text("utf-8").partition(f" AS {stage}\n")
    text = rest.partition("\nFROM ")[0]
    (removed,) = re.findall(r"^RUN rm -rf ([\w ]+?) \\$", text, re.MULTILINE)
    assert set(filter(_is_sent_to_builds, PACKAGES)) - set(removed.split()) == BUILDS[stage]


def test_processes_of_the_tests_load_no_grammar_that_those_of_the_images_do_not_have() -> None:
    """jsonschema loads it if it is there: one second of each process. `make clean` removes an earlier install."""
    assert find_spec("rfc3987_syntax") is None


def test_every_place_names_the_same_versions_of_python() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = re.findall(r"Python :: (3\.\d+)", " ".join(pyproject["project"]["classifiers"]))
    allowed = SpecifierSet(pyproject["project"]["requires-python"])
    assert named == [version for version in (f"3.{minor}" for minor in range(30)) if allowed.contains(version)]
    assert pyproject["tool"]["ruff"]["target-version"] == f"py{named[0].replace('.', '')}"
    (tried,) = re.findall(r"^PYTHONS := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert sorted(tried.split()) == named
    assert f"With Python {named[0]} to {named[-1]}" in (ROOT / "README.md").read_text("utf-8")


def test_the_documents_have_a_meaning_for_every_column() -> None:
    page = (ROOT / "docs" / "tables.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    named = {name for row in rows for cell in row.split("|")[1:3] for name in re.findall(r"`(\w+)`", cell)}
    assert not sorted({column for kind in KINDS for column in columns_of(kind.stream)} - named)


def test_the_documents_name_every_field_of_the_collectors_configuration() -> None:
    schema = json.loads((ROOT / "mailjet_collector" / "collector.schema.json").read_text("utf-8"))
    groups = [schema, *(group for group in schema["definitions"].values() if "properties" in group)]
    fields = {field for group in groups for field in _fields(group)}
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8").partition("## Configuration of the collector")[2]
    assert {"store", "webhook_password", "forward_from"} <= fields
    assert not sorted(field for field in fields if f"`{field}`" not in page and f'"{field}":' not in page)
