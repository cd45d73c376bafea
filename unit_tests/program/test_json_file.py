"""The files of the configuration and the catalog: what cannot be used is a sentence that quotes none of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from program.failure import ConfigurationError
from program.json_file import read_object


def test_a_byte_order_mark_is_read_past(tmp_path: Path) -> None:
    path = tmp_path / "given.json"
    path.write_text('\ufeff{"write_key": "é"}', "utf-8")
    assert read_object("config", str(path)) == {"write_key": "é"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty: the command that should have written it has failed."),
        (b'{"write_key":\n"secret', "is not JSON (line 2, column 1): mend it, or write it again."),
        (b'{"write_key": "\xe9"}', "is not in UTF-8: write it again."),
        (b"[" * 100_000, "is not JSON: mend it, or write it again."),
        (b"{}\n{}", "holds several messages, one a line: make one of them as the documentation shows."),
        (b'["secret"]', "is not a JSON object: give one, as the documentation shows."),
    ],
)
def test_what_is_no_object_is_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "given.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as raised:
        read_object("config", str(path))
    assert str(raised.value) == f"The file of --config {words}"


def test_what_cannot_be_read_says_what_to_do_about_it(tmp_path: Path) -> None:
    path = tmp_path / "given.json"
    path.write_text("{}", "utf-8")
    path.chmod(0)
    before = os.geteuid()
    os.seteuid(before or 65_534)  # root may read every file
    try:
        with pytest.raises(ConfigurationError) as raised:
            read_object("catalog", str(path))
    finally:
        os.seteuid(before)
    advice = f"let user {before or 65_534}, as whom this runs, read it (chown or chmod), or run this as its owner"
    assert str(raised.value) == f"The file of --catalog, {path}, cannot be read (Permission denied): {advice}."
    with pytest.raises(
        ConfigurationError, match=r"none.json, cannot be read \(No such file or directory\): give its path\.$"
    ):
        read_object("catalog", str(tmp_path / "none.json"))
