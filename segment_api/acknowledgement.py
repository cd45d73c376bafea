"""The count of calls that are settled without a gap; the outcomes of the batches may arrive in any order."""

from __future__ import annotations


class Acknowledgement:
    """Ranges of settled calls. A range that touches the first range is joined to it."""

    def __init__(self) -> None:
        self._upto = 0
        self._later: dict[int, int] = {}

    @property
    def upto(self) -> int:
        """All calls before this count are settled."""
        return self._upto

    def settle(self, start: int, stop: int) -> None:
        """The calls `[start, stop)` are settled; each may be settled once only."""
        if start != stop:
            self._later[start] = stop
        while self._upto in self._later:
            self._upto = self._later.pop(self._upto)
