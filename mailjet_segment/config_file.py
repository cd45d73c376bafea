"""A connector's configuration as the user keeps it: a JSON file."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from mailjet_segment.failure import Failure


def read_config(path: Path) -> dict[str, Any]:
    """The JSON object in the file `path`; or `Failure` for anything else. What belongs in it the connector knows.

    A byte-order mark, which Windows' editors write, is passed over.
    """
    try:
        config = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise Failure(f"There is no file {path}; give the path of a configuration.") from None
    except PermissionError:
        raise Failure(f"The configuration {path} may not be read by this user{_owner(path)}.") from None
    except OSError as error:
        raise Failure(f"The configuration {path} cannot be read: {error.strerror}.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Failure(f"The configuration {path} is not JSON: {error.msg} at {where}.") from None
    except UnicodeDecodeError:
        raise Failure(f"The configuration {path} is not UTF-8 text; save it as UTF-8.") from None
    except RecursionError:
        raise Failure(f"The configuration {path} is nested too deep.") from None
    if not isinstance(config, dict):
        raise Failure(f"The configuration {path} must be one JSON object, like the example in the README.")
    return config


def _owner(path: Path) -> str:
    """Whose file it is and what to do; a folder above it may hide even that."""
    with suppress(OSError, KeyError):
        return f": it belongs to {path.owner()}. Run this as {path.owner()}, or have its mode changed (chmod)"
    return ": have its mode, or that of a folder above it, changed (chmod)"
