"""What nobody is sure of in Mailjet's API, and what an account may forbid: a field each, so tests can run both ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mailjet_sandbox.account import MessageClock


@dataclass(frozen=True)
class Switches:
    """How the Mailjet server behaves where its documentation leaves it open; by default the likelier or harder way."""

    from_ts_inclusive: bool = False
    to_ts_inclusive: bool = False
    """Whether `FromTS` and `ToTS` include their bound."""
    event_bounds_inclusive: bool = True
    """Whether `EventFromTs` and `EventToTs` include theirs."""
    messages_cut_by: MessageClock = "arrival"
    """What `FromTS`/`ToTS` on `message` compare with: `ArrivedAt`, up to 25 s earlier, or, for some, days later."""
    arrival_moves: bool = False
    """Whether `ArrivedAt` is the delivery's time from then on; `FromTS`/`ToTS` by arrival compare with that."""
    single_message_shows: bool = False
    """Whether `message/{id}` honours the three `Show...` flags."""
    undefined_field: Literal["rows", "error"] = "rows"
    """What `contactdata` does for a `Fields` that the account does not define: rows without data, or 400."""
    fields_match_case: bool = False
    """Whether `Fields` must be spelt as the account spells the property."""
    twin_property: bool = False
    """Whether the account has a second property, whose name differs in case alone, for whoever has a first name."""
    contact_data_of: Literal["everybody", "those with data", "those with the field"] = "everybody"
    """Whom `contactdata` has a row of: everybody, who has any property, or in a listing who has that of `Fields`."""
    erased_contact: Literal["404", "invalid address"] = "404"
    """What `contact/{id}` gives of an erased contact: 404, or a row with an address at `domain.invalid`."""
    filter_by_what_is_gone: Literal["rows", "400", "404"] = "rows"
    """What a filter by an erased contact or a deleted campaign gets: the rows there are, or an error."""
    names: Literal["json", "openapi"] = "json"
    """Relations as they arrive in JSON (`CampaignID`), or as the OpenAPI file calls them (`Campaign`)."""
    numbers_as_text: bool = True
    """Whether every eleventh row has its numbers and booleans as JSON strings."""
    counters_spelt: Literal["openapi", "guide"] = "openapi"
    """Whether `statcounters` is as the OpenAPI file has it, or as the guide's samples: other names, numbers as text."""
    counters_count_bots: bool = True
    """Whether opens and clicks by software that Mailjet knows are in `statcounters`."""
    forbidden: frozenset[str] = frozenset()
    """Resources that the key may not read: 403."""
    max_requests_per_second: int | None = None
    """Above it: 429."""
    retry_after: str | None = None
    """The `Retry-After` of that 429."""
    date_ahead_s: float = 0.0
    """How far the clock of the `Date` header is ahead of the account's; below 0: behind."""
    latency_s: float = 0.0
    """How long each answer takes."""
