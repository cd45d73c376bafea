"""A failure that repeats is logged when it begins, when it changes, and when it is over; not each time."""

from __future__ import annotations

import logging


class Troubles:
    """The last trouble of one job, by its sentence. For one thread."""

    def __init__(self, log: logging.Logger, name: str) -> None:
        self._log, self._name = log, name
        self._sentence: str | None = None

    def note(self, sentence: str) -> None:
        """Logs a trouble unless it is the one that was logged last."""
        if sentence != self._sentence:
            self._sentence = sentence
            self._log.warning("%s: %s", self._name, sentence)

    def note_end(self) -> None:
        """Logs that the trouble is over, if there was one."""
        if self._sentence is not None:
            self._sentence = None
            self._log.info("%s: goes on.", self._name)
