"""The collector's log: one line an event of its life, on the error output. No address, payload or credential."""

from __future__ import annotations

import logging
import sys
import time

LOG = logging.getLogger("mailjet_collector")
"""Only this logger's messages get out: those of libraries may quote the data that they handle."""


def start_log() -> None:
    """Writes the messages of `LOG`, and nothing of any library."""
    line = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    line.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(line)
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    logging.getLogger().addHandler(logging.NullHandler())
