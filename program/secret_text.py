"""Texts of a configuration that stand elsewhere: `{"env": "NAME"}` and `{"file": "/run/secrets/x"}`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from program.failure import FieldError, field_path


def with_secrets(value: Any, folder: Path, place: str = "") -> Any:
    """The value with each reference in it replaced by the text that it names.

    Relative paths start at `folder`. Raises `FieldError`, which quotes no text.
    """
    if isinstance(value, list):
        return [with_secrets(inner, folder, field_path(place, number)) for number, inner in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1 and isinstance(name := value.get("env"), str):
        return _from_environment(name, place)
    if len(value) == 1 and isinstance(path := value.get("file"), str):
        return _from_file(folder / path, place)
    return {name: with_secrets(inner, folder, field_path(place, name)) for name, inner in value.items()}


def _from_environment(name: str, place: str) -> str:
    text = os.environ.get(name)
    if not text:
        wrong = "is not set" if text is None else "is empty"
        raise FieldError(place, f"comes from the environment variable {name}, which {wrong}: set it")
    return text


def _from_file(path: Path, place: str) -> str:
    """The file's text without its last line break, which editors add."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise FieldError(place, f"comes from the file {path}, which cannot be read: {error.strerror}") from None
    except ValueError:
        raise FieldError(place, f"comes from the file {path}, which is not UTF-8 text: write it again") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise FieldError(place, f"comes from the file {path}, which is empty: write the text into it")
    return text
