"""A collector as users start it, `mailjet-segment collect`: its words, and the line that says that it is ready."""

from __future__ import annotations

import re
import sys
from pathlib import Path

COMMAND = (sys.executable, "-m", "mailjet_segment")
"""The command by this very interpreter, whatever is on the PATH."""

READY = re.compile(r"on port (\d+); for operators: port (\d+)\.")
"""What its log says once it takes posts, with both ports."""


def collect(config: Path, port: int = 0) -> list[str]:
    """The words that start a collector on a port; 0 is any that is free, and that for operators always is."""
    return [*COMMAND, "collect", "--config", str(config), "--port", str(port), "--admin-port", "0"]
