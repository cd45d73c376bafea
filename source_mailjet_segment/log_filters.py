"""Which lines of the CDK's log reach the user: warnings and errors.

At level INFO the CDK logs five lines for each stream, which only repeat its statuses and counts. With `--debug`
everything is logged.
"""

from __future__ import annotations

import logging


def quiet_logger(logger: logging.Logger) -> logging.Logger:
    """A logger for the CDK's machinery, below `logger`, that leaves out lines of level INFO."""
    quiet = logger.getChild("cdk")
    quiet.setLevel(logging.DEBUG if logger.isEnabledFor(logging.DEBUG) else logging.WARNING)
    return quiet


def drop_noise(record: logging.LogRecord) -> bool:
    """A log filter: the CDK's memory monitor names its thresholds at each start; its later warnings are kept."""
    return not (record.module == "memory_monitor" and record.getMessage().startswith("MemoryMonitor instantiated"))
