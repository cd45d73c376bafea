"""Keys from the environment fill what a file lacks; a key in the file counts more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailjet_segment.configurations import read_configurations
from program.failure import Failure

ENVIRONMENT = {
    "MAILJET_API_KEY": "key-of-the-environment",
    "MAILJET_API_KEY_SECRET": "secret-of-the-environment",
    "SEGMENT_WRITE_KEY": "write-key-of-the-environment",
}
START = {"start_date": "2026-01-01T00:00:00Z"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def write(folder: Path, name: str, content: object) -> Path:
    (folder / name).write_text(json.dumps(content), "utf-8")
    return folder / name


def test_what_a_file_lacks_is_taken_from_the_environment(tmp_path: Path) -> None:
    source, destination = write(tmp_path, "source.json", START), write(tmp_path, "destination.json", {})
    read = read_configurations([source], destination)
    assert read.sources[0]["api_key"] == "key-of-the-environment"
    assert read.sources[0]["api_key_secret"] == "secret-of-the-environment"
    assert read.destination == {"write_key": "write-key-of-the-environment"}


def test_a_key_in_the_file_counts_more(tmp_path: Path) -> None:
    keys = {"api_key": "key-of-the-file", "api_key_secret": None}
    source = write(tmp_path, "source.json", {**START, **keys})
    destination = write(tmp_path, "destination.json", {"write_key": "write-key-of-the-file"})
    read = read_configurations([source], destination)
    assert read.sources[0]["api_key"] == "key-of-the-file"
    assert read.sources[0]["api_key_secret"] == "secret-of-the-environment"
    assert read.destination == {"write_key": "write-key-of-the-file"}


def test_two_accounts_cannot_share_the_key_of_the_environment(tmp_path: Path) -> None:
    sources = [write(tmp_path, f"{name}.json", START) for name in ("one", "two")]
    with pytest.raises(Failure, match="the same api_key"):
        read_configurations(sources, None)


def test_a_key_that_is_nowhere_is_named_with_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAILJET_API_KEY")
    with pytest.raises(Failure, match=r"'api_key' .* MAILJET_API_KEY[.]"):
        read_configurations([write(tmp_path, "source.json", START)], None)
    monkeypatch.setenv("SEGMENT_WRITE_KEY", "")
    source = write(tmp_path, "source.json", {**START, "api_key": "key-of-the-file"})
    with pytest.raises(Failure, match=r"'write_key' .* SEGMENT_WRITE_KEY"):
        read_configurations([source], write(tmp_path, "destination.json", {}))
