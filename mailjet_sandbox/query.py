"""A request's query as typed values, over the account as it is at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from mailjet_sandbox.account import View
from mailjet_sandbox.switches import Switches

MAX_LIMIT = 1_000
DEFAULT_LIMIT = 10
PAGING = frozenset({"Limit", "Offset", "Sort", "countOnly"})


class RefusedError(Exception):
    """A request that gets an error status; the text is Mailjet's `ErrorMessage`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True)
class Query:
    """What is asked of a resource. Every reader raises `RefusedError` (400) for a value of the wrong form."""

    view: View
    parameters: Mapping[str, str]
    switches: Switches
    single: bool = False
    """Whether one object is asked for by its ID, rather than a listing."""

    def text(self, *names: str) -> str | None:
        """The value of the first of `names` that was given."""
        return next((self.parameters[name] for name in names if name in self.parameters), None)

    def integer(self, *names: str) -> int | None:
        """The same as a whole number of at least 0."""
        value = self.text(*names)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit()):
            raise RefusedError(400, f"Invalid value for {names[0]}: an integer is expected")
        return int(value)

    def flag(self, name: str) -> bool:
        """`true` or `1` against `false`, `0` or nothing."""
        value = self.parameters.get(name, "false").lower()
        if value not in {"true", "false", "1", "0"}:
            raise RefusedError(400, f"Invalid value for {name}: a boolean is expected")
        return value in {"true", "1"}

    def instant(self, name: str) -> int | None:
        """Unix seconds, given as such or as RFC 3339."""
        value = self.parameters.get(name)
        if value is None:
            return None
        if value.isascii() and value.isdigit():
            return int(value)
        try:
            parsed = datetime.fromisoformat(value.upper().replace("Z", "+00:00"))
        except ValueError:
            raise RefusedError(400, f"Invalid value for {name}: a timestamp is expected") from None
        return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)).timestamp())

    def span(self, since: str, until: str, inclusive: tuple[bool, bool]) -> tuple[int, int]:
        """The whole seconds, both included, that two time filters leave; each may or may not include its own bound."""
        first, last = self.instant(since), self.instant(until)
        return (
            -1 if first is None else first + (not inclusive[0]),
            2**62 if last is None else last - (not inclusive[1]),
        )

    def limit(self) -> int:
        """Rows a page: 10 unless asked, 1000 at most."""
        return min(self.integer("Limit") or DEFAULT_LIMIT, MAX_LIMIT)
