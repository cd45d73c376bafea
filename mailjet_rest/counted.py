"""A window that was counted, and then cut into parts: together these must bring as many rows as were counted.

If the first page of a part was full, or as long as a smaller limit, the part was counted itself, so it is covered as
soon as it was read. A shorter page is the whole of a part only if the sum is right. So these parts are covered when the
last part was read and emitted. If rows are missing then, both the count and the listings are asked for again, and the
events that were missing are emitted with the last part.
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
        """Has a part covered, all of which was emitted: at once, or when it is known that none of its rows is missing.

        That is known when the last part is covered, because rows that the others lacked were emitted with the last one.
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
        """The parts that lack rows, with the number of rows that Mailjet counts of each now.

        Raises `ShortListingError` if the sum is still wrong after they were listed again: their windows stay open.
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
