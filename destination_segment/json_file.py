"""A JSON file that a command is given: read once and, where it cannot be used, refused in one sentence."""

from __future__ import annotations

import json
import os
from typing import Any

from program.failure import ConfigurationError


def read_json(path: str, what: str) -> dict[str, Any]:
    """The object in the file of the configuration or the catalog; raises `ConfigurationError`, without quoting it."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            content = json.load(file)
    except OSError as error:
        raise ConfigurationError(f"The {what} in {path} cannot be read ({error.strerror}): {_mend(error)}.") from None
    except (ValueError, RecursionError):
        raise ConfigurationError(f"The {what} in {path} is not JSON in UTF-8: mend it, or write it again.") from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"The {what} in {path} is not a JSON object: give one.")
    return content


def _mend(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"let user {os.geteuid()}, as whom this runs, read it (chown or chmod), or run this as its owner"
    return "give its path"
