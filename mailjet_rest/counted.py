"""A window that was counted, and then cut into parts: together these must bring as many rows as were counted.

A part is covered once it is read if its own listing proves itself: it was counted too, as its first page was full or
of a length that smaller limits have. A shorter page is the whole of a part only if the sum is right. So these parts are
covered when the last one was read and emitted; if rows are missing then, both the count and the listings are asked for
again, and what comes is emitted with the last part.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

from mailjet_rest.client import Mailjet
from mailjet_rest.listing import count_rows
from mailjet_rest.paging import missing_rows
from mailjet_rest.resources import Resource
from mailjet_rest.tally import Tally
from mailjet_rest.windows import Span

LOGGER = logging.getLogger("airbyte")


class Counted:
    """The window `span` of `rows` rows in so many parts; may be used by many threads."""

    def __init__(self, span: Span, rows: int, parts: int) -> None:
        self.tally = Tally(span)
        self._span, self._rows, self._unread = span, rows, parts
        self._lock = threading.Lock()
        self._doubtful: list[Span] = []
        self._held: list[Callable[[], None]] = []
        self._last: Span | None = None
        self._is_over = False

    def end(self, part: Span) -> bool:
        """Notes that all rows of a part were listed; tells whether it was the last."""
        with self._lock:
            if self.tally.is_doubtful(part):
                self._doubtful.append(part)
            self._unread -= 1
            if self._unread == 0:
                self._last = part
            return self._unread == 0

    def cover(self, part: Span, cover: Callable[[], None]) -> None:
        """Has a part covered, all of which was emitted: at once, or when it is known that nothing is missing of it.

        That is known when the last part is covered: what the others lacked was listed again with it, and emitted by it.
        """
        with self._lock:
            self._is_over = self._is_over or part == self._last
            if not self._is_over and part in self._doubtful:
                self._held.append(cover)
                return
            held, self._held = (self._held, []) if self._is_over else ([], self._held)
        for take in (cover, *held):
            take()

    def parts_to_list_again(self, api: Mailjet, resource: Resource) -> Iterator[tuple[Span, int]]:
        """The parts of which rows are missing, with the rows that Mailjet counts of each now.

        When they were listed again, raises `ShortListingError` if the sum is still wrong, and their windows stay open.
        """
        if self.tally.rows < self._rows:
            LOGGER.warning(
                "Mailjet's '%s' gave %d of the %d rows that it counted: counting and listing again.",
                resource.path,
                self.tally.rows,
                self._rows,
            )
            rows = count_rows(api, resource, self._span)
            if self.tally.rows < rows:
                for part in self._doubtful:
                    count = count_rows(api, resource, part)
                    if count > self.tally.listed(part):
                        self.tally.forget(part)
                        yield part, count
            if self.tally.rows < rows:
                raise missing_rows(resource.path, self.tally.rows, rows)
