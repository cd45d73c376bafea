"""Failures are sentences for users, and hold no secret."""

from __future__ import annotations

import errno

import pytest

from mailjet_segment.failure import disk_failure, missing_part, without_secrets


def test_secrets_of_both_configurations_are_taken_out() -> None:
    source, destination = {"api_key": "k1k1k1k1", "api_key_secret": "k1k1k1k1-and"}, {"write_key": "wwwwwwww"}
    shown = without_secrets("k1k1k1k1-and k1k1k1k1 wwwwwwww", [source, destination])
    assert shown == "**** **** ****"


@pytest.mark.parametrize("key", ["", "i", None, 7])
def test_what_is_too_short_to_be_a_secret_takes_nothing_out(key: object) -> None:
    assert without_secrets("as it is", [{"api_key": key}]) == "as it is"


def test_a_full_disk_is_found_behind_other_errors() -> None:
    error = RuntimeError("could not load")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert "disk is full" in str(disk_failure(error))


def test_a_full_disk_is_found_in_the_text_of_an_error() -> None:
    assert disk_failure(RuntimeError("IO Error: Could not write file: No space left on device"))


def test_other_errors_are_no_full_disk() -> None:
    assert disk_failure(OSError(errno.EACCES, "Permission denied")) is None


@pytest.mark.parametrize(
    ("name", "extra"),
    [("dlt", "load"), ("duckdb", "load"), ("sqlalchemy", "collector"), ("numpy", "demo"), ("starlette", "demo")],
)
def test_a_missing_package_is_named_with_what_to_do(name: str, extra: str) -> None:
    assert f"pip install 'mailjet-segment[{extra}] @ file:///" in str(missing_part(name))


def test_a_missing_package_of_somebody_elses_is_no_failure_of_the_users() -> None:
    assert missing_part("numpydoc") is None
