"""Warnings of readings and of the forwarding, for people: both log them, as programs that nobody watches do."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from mailjet_segment.failure import without_secrets
from mailjet_segment.progress import Progress

LOG = logging.getLogger("mailjet_segment.sync")
"""What is said while events go to Segment; the readings say theirs to the logger of the source."""


class showing_warnings(logging.Handler):
    """Shows warnings while the context lasts, without the keys of these configurations."""

    def __init__(self, progress: Progress, secrets: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(logging.WARNING)
        self._progress, self._secrets = progress, secrets
        self._loggers = [logging.getLogger("airbyte"), LOG]

    def emit(self, record: logging.LogRecord) -> None:
        self._progress.warn(f"  {without_secrets(record.getMessage(), self._secrets)}")

    def __enter__(self) -> None:
        self._propagated = [logger.propagate for logger in self._loggers]
        for logger in self._loggers:
            logger.addHandler(self)
            logger.propagate = False

    def __exit__(self, *_: object) -> None:
        for logger, propagates in zip(self._loggers, self._propagated, strict=True):
            logger.removeHandler(self)
            logger.propagate = propagates
