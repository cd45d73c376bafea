"""Configuration files with keys in them: for their owner alone, and whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mailjet_segment.whole_file import whole_file
from program.failure import Failure


def write_private(path: Path, config: Mapping[str, Any], advice: str = "give another --directory") -> None:
    """Writes a file, in place of another if there is one; raises `Failure`, whose sentence ends with `advice`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(f"{path.parent} cannot be made: {error.strerror}; {advice}.") from None
    with whole_file(path, is_private=True, advice=advice) as new:
        new.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
