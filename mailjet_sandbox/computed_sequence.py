"""Sequences that are computed where they are looked at: they hold numbers, and make what these stand for in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, overload

import numpy as np

from mailjet_sandbox.lots import Integers
from mailjet_sandbox.query import Query
from mailjet_sandbox.rows import Row

T = TypeVar("T")
_AT_ONCE = 1_000


class Computed(Sequence[T]):
    """What `make` makes of each of the numbers; a slice of it is another one.

    `write` makes their rows without them, where that is worth it. `order` is the field that they are in order of.
    """

    def __init__(
        self,
        numbers: range | Integers,
        make: Callable[[Integers], Sequence[T]],
        write: Callable[[Integers, Query], list[Row]] | None = None,
        order: str = "ID",
    ) -> None:
        self.order = order
        self._numbers, self._make, self._write = numbers, make, write

    def rows(self, query: Query) -> list[Row] | None:
        """Their rows in a listing, None where each is to be written by itself."""
        return self._write(np.asarray(self._numbers, np.int64), query) if self._write else None

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Computed[T]: ...
    def __getitem__(self, place: int | slice) -> T | Computed[T]:
        if isinstance(place, slice):
            return Computed(self._numbers[place], self._make, self._write, self.order)
        return self._make(np.array([self._numbers[place]], np.int64))[0]

    def __iter__(self) -> Iterator[T]:
        for since in range(0, len(self), _AT_ONCE):
            yield from self._make(np.asarray(self._numbers[since : since + _AT_ONCE], np.int64))
