"""A feed: one listing of Mailjet's, the kinds of event that are found in it, and how it is planned and remembered.

It is a file of its own because a reading holds its feed, and the functions in a feed's row (`feeds.py`) take readings.
It names its users only for the type of `plan`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailjet_reading.memory import Memory, NoMemory
from mailjet_rest.resources import Resource
from segment_events.kinds import Kind

if TYPE_CHECKING:
    from mailjet_reading.part import Part, Tools
    from mailjet_reading.reading import Reading


@dataclass(frozen=True, eq=False)
class Feed:
    """One row of the table. `plan` gives the parts of a reading, in the order in which they are begun. `memory`: the
    class of the facts that are remembered beside the windows. `repeats`: one id can come in two windows, so that ids
    must be remembered for the whole sync. `lookback_s`: the least time that each sync reads again, for rows that come
    late into the listing.
    """

    name: str
    resource: Resource
    kinds: tuple[Kind, ...]
    repeats: bool
    plan: Callable[[Reading, Tools], Iterator[Part]] = field(repr=False)
    memory: type[Memory] = NoMemory
    lookback_s: int = 0
