"""Every number that bounds the memory, the requests or the time of a reading: its meaning, its unit, why, its source.

The limits of a listing are in `mailjet_rest/limits.py`.
"""

from __future__ import annotations

from mailjet_rest.limits import LIMIT
from mailjet_rest.windows import DAY_S

# Memory

GATHERED = 5 * LIMIT
"""Events whose surroundings are looked up together, if a reading has few parts: more would take memory, fewer would
cost requests."""
FEW_PARTS = 2
"""Parts of a reading up to which events are gathered. Few windows have few events, and these are often about messages
that were sent before the time that this sync lists."""
ROWS_AT_ONCE = 500
"""Rows that are made, and then wait to be printed, together."""
HISTORIES_AT_ONCE = 200
"""Histories that are read together. A sync that is cut off among them asks for so many again. Fewer would cost more:
if many events are of one contact or campaign, a listing serves them for less than single requests (`directory.py`)."""
CACHE_KIB = 4_096
"""KiB of the scratch store that stay in memory; the rest is in a file."""
TEXTS_AT_HAND = 20_000
"""Texts of each table of the scratch store that stay in memory, some 4 MB: a query costs ten times as much."""
IDS_A_QUERY = 500
"""Ids in one query of the scratch store: SQLite takes at least 999 (its documentation, "Maximum Number Of Host
Parameters In A Single SQL Statement")."""

# The size of a state

MOST_REMEMBERED = 50_000
"""Digests of a feed's emitted events in a STATE message; of more, the oldest are forgotten and emitted again.

It bounds each feed alike in its own stream and in `tracks`: from states that differ, a feed is read twice.
"""
SEEN_BYTES = 6
"""Bytes of a mark of an engagement: among 90,000 marks, a message is taken for a marked one with a chance of 3 in
10^10."""
MOST_LOOKS = 100
"""Looks of completed syncs in a state; of more, every second one of the older half is forgotten. Events that only those
knew are emitted again."""

# Requests

FEW = 3
"""Messages of one stretch of time that are asked for one by one without counting the stretch."""
HOURS_S = 6 * 3600
"""Seconds of sends, before those that the sync lists, in one listing. A longer listing would be cut, which costs
requests, if a large campaign was sent within it."""
OF_HOURS = 2
"""Statuses that are tried for these hours: the other ones are rare."""
WORTH_COUNTING = 6
"""Messages from which on it pays to ask how long a listing is that has more than a page."""
WORTH_A_LOOK = 3
"""Messages from which on it pays to count an unlisted span, for most spans have a page."""
FEW_PAGES = 5
"""Pages up to which an unlisted span is listed whole, by no status: each status has a page that is not full."""

# Time

SETTLED_S = 5
"""Seconds before now at which a sync ends: later events may not be listed yet."""
EDGE_S = 2
"""Seconds that a listing may reach beyond its window: one second more is asked for, and filters may include their
bound."""
WAITED_S = 3600
"""A message that is pending so many seconds after its `ArrivedAt` was not delivered then ("Late deliveries" in
docs/design.md)."""
STRETCH_S = 3600
"""Seconds between messages of one stretch, which are looked at together."""
LATEST_DELIVERY_S = 7 * DAY_S
"""No delivery takes longer: Mailjet gives a message up after about three days (its guide)."""
LATE_BLOCK_S = DAY_S
"""Seconds of sends among which each sync looks again for messages that Mailjet did not send. A message keeps its
`ArrivedAt` while it waits, and Mailjet decides when its turn comes: for a large campaign, hours later."""
LATEST_BOUNCE_S = 4 * DAY_S
"""Seconds from a send to its bounce at most: Mailjet tries for about three days, then gives up (API guide)."""
AGAIN_S = 23 * 3600
"""Seconds for which a history that lacks its event is not asked for again: a day, less the time that a daily sync may
come early."""
ABOUT_S = 3600
"""Seconds that are asked for more on both sides of a send: that `FromTS` and `ToTS` cut by `ArrivedAt` exactly is
unproven."""
