"""What of the CDK's log reaches the user: warnings and errors, but not the lines that answer nobody's question.

At info the CDK says five lines for each stream, whose statuses and counts its messages carry as well. With `--debug`
all of it is logged.
"""

from __future__ import annotations

import logging


def quiet_logger(logger: logging.Logger) -> logging.Logger:
    """A logger for the CDK's machinery, below `logger`, that leaves out what is only info."""
    quiet = logger.getChild("cdk")
    quiet.setLevel(logging.DEBUG if logger.isEnabledFor(logging.DEBUG) else logging.WARNING)
    return quiet


def drop_noise(record: logging.LogRecord) -> bool:
    """A log filter: the CDK's memory monitor names its thresholds at each start; what it warns of later is kept."""
    return not (record.module == "memory_monitor" and record.getMessage().startswith("MemoryMonitor instantiated"))
