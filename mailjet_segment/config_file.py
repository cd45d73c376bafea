"""A connector's configuration as the user keeps it: a JSON file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mailjet_segment.failure import Failure


def read_config(path: Path) -> dict[str, Any]:
    """The JSON object in the file `path`; or `Failure` for anything else. What belongs in it the connector knows."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Failure(f"There is no file {path}; give the path of a configuration.") from None
    except OSError as error:
        raise Failure(f"The configuration {path} cannot be read: {error.strerror}.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Failure(f"The configuration {path} is not JSON: {error.msg} at {where}.") from None
    except UnicodeDecodeError:
        raise Failure(f"The configuration {path} is not UTF-8 text; save it as UTF-8.") from None
    if not isinstance(config, dict):
        raise Failure(f"The configuration {path} must be one JSON object, like the example in the README.")
    return config
