"""Texts of a configuration that stand in the environment or in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from program.failure import ConfigurationError
from program.secret_text import with_secrets


@pytest.mark.parametrize("content", ["s3cret", "s3cret\n", "s3cret\r\n"])
def test_the_last_line_break_of_a_file_is_left_out(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_bytes(content.encode())
    assert with_secrets({"a": [{"b": {"file": "key"}}]}, tmp_path) == {"a": [{"b": "s3cret"}]}


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret")
    assert with_secrets({"file": str(tmp_path / "key")}, Path("elsewhere")) == "s3cret"


def test_an_object_with_other_keys_is_no_reference(tmp_path: Path) -> None:
    given = {"from": "env", "both": {"env": "A", "file": "b"}, "number": {"env": 5}}
    assert with_secrets(given, tmp_path) == given


@pytest.mark.parametrize(
    "given, expected",
    [
        ({"env": "NO_SUCH_NAME"}, "comes from the environment variable NO_SUCH_NAME, which is not set: set it"),
        ({"env": "EMPTY"}, "comes from the environment variable EMPTY, which is empty: set it"),
        ({"file": "none"}, "comes from the file {}/none, which cannot be read: No such file or directory"),
        ({"file": "empty"}, "comes from the file {}/empty, which is empty: write the text into it"),
        ({"file": "latin"}, "comes from the file {}/latin, which is not UTF-8 text: write it again"),
    ],
)
def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], expected: str
) -> None:
    monkeypatch.setenv("EMPTY", "")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "latin").write_bytes(b"\xe9")
    with pytest.raises(ConfigurationError) as raised:
        with_secrets({"a": [given]}, tmp_path)
    assert str(raised.value) == f"Field 'a.0' of the configuration {expected.format(tmp_path)}."
