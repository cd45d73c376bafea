"""A configuration file that cannot be used is one sentence that names it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailjet_segment.config_file import read_config
from mailjet_segment.failure import Failure


def test_a_json_object_is_read(tmp_path: Path) -> None:
    path = tmp_path / "source.json"
    path.write_text('{"api_key": "k"}', encoding="utf-8")
    assert read_config(path) == {"api_key": "k"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"api_key": "k",}', "is not JSON"),
        (b'["api_key"]', "must be one JSON object"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"", "is not JSON"),
    ],
)
def test_anything_else_is_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "source.json"
    path.write_bytes(content)
    with pytest.raises(Failure, match=says) as failure:
        read_config(path)
    assert str(path) in str(failure.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="There is no file"):
        read_config(tmp_path / "none.json")


def test_a_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be read"):
        read_config(tmp_path)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "source.json"
    path.write_bytes(b'\xef\xbb\xbf{"api_key": "k"}')
    assert read_config(path) == {"api_key": "k"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_one_sentence_that_says_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / "source.json"
    path.write_text("{}", "utf-8")
    path.chmod(0)
    with pytest.raises(Failure, match=f"it belongs to {path.owner()}"):
        read_config(path)
