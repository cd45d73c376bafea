"""Counts the rows of a window that was counted as a whole and listed in pieces: it finds a page that ended early."""

from __future__ import annotations

import threading
from array import array
from collections import Counter
from collections.abc import Sequence

from mailjet_rest.fields import NOTHING
from mailjet_rest.limits import BUCKETS, LIMIT
from mailjet_rest.paging import may_be_cut_off
from mailjet_rest.resources import EventRow, second_of
from mailjet_rest.rows import Block, Message
from mailjet_rest.windows import Span


class Tally:
    """The rows of `span`, each counted once though pieces overlap by their margins; may be used by many threads.

    An event counts for the piece in which its time lies; an event without a time counts for each piece that lists it.
    Messages are counted by their ids, because the time by which they are listed is unproven.
    """

    def __init__(self, span: Span) -> None:
        self._span = span
        self._lock = threading.Lock()
        self._inside: Counter[Span] = Counter()
        self._listed: Counter[Span] = Counter()
        self._pages: Counter[Span] = Counter()
        self._ids = [array("Q") for _ in range(BUCKETS)]

    def add(self, piece: Span, rows: Sequence[EventRow]) -> None:
        """Takes note of a page of a piece."""
        since = 0 if piece[0] == self._span[0] else piece[0]
        until = 1 << 62 if piece[1] == self._span[1] else piece[1]
        ids: list[int] = []
        if isinstance(next(iter(rows), None), (Message, Block)):  # and so are the others
            ids = [int(row.email_id) for row in rows if row.email_id != NOTHING]
            inside = len(rows) - len(ids)
        else:
            inside = sum(not (at := second_of(row)) or since <= at < until for row in rows)
        with self._lock:
            self._pages[piece] += 1
            self._listed[piece] += len(rows)
            self._inside[piece] += inside
            for number in ids:
                self._ids[number % BUCKETS].append(number)

    def forget(self, span: Span) -> None:
        """Takes back the events of a window whose listing begins anew."""
        with self._lock:
            for noted in (self._inside, self._listed, self._pages):
                for piece in [piece for piece in noted if span[0] <= piece[0] and piece[1] <= span[1]]:
                    del noted[piece]

    @property
    def rows(self) -> int:
        """How many different rows came so far."""
        with self._lock:
            return self._inside.total() + sum(len(set(ids)) for ids in self._ids)

    def listed(self, piece: Span) -> int:
        """How many rows came of a piece, its margins included."""
        return self._listed[piece]

    def is_doubtful(self, piece: Span) -> bool:
        """Whether a piece came in one page which nothing confirms but that it is shorter than what was asked for."""
        rows = self._listed[piece]
        return self._pages[piece] == 1 and rows < LIMIT and not may_be_cut_off(rows)
