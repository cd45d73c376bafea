"""Every number that bounds the memory, the requests or the time of a listing: its meaning, its unit, why, its source.

The limits of a single request are with the client (`client.py`).
"""

from __future__ import annotations

from mailjet_rest.windows import DAY_S

# Memory

LIMIT = 1000
"""Rows a page: the most that Mailjet gives (API guide, "Limit")."""
MOST_ROWS = 10 * LIMIT
"""Rows above which a window is cut: Mailjet's cost of an offset grows with it, and rows shift under deep offsets."""
WINDOW_ROWS = 5 * LIMIT
"""Rows that the pieces of a window are meant to have."""
BUCKETS = 256
"""Sets that the ids of a counted window are divided into, so that no large set is ever made."""

# Requests

SMALLER_LIMITS = frozenset({10, 20, 25, 50, 100, 200, 250, 500})
"""Rows of the pages of a server that allows no larger `Limit`; 10 is Mailjet's default, and users got it in answer to
larger limits."""
FEWEST = min(SMALLER_LIMITS)
"""After a page of fewer rows nothing more is asked for: a row at a time would cost thousands of requests."""
WORTH_COUNTING = 3
"""Single requests from which on it pays to ask how long a listing of objects is."""
LEAST_OF_GROUP = 2
"""Requests that the listing of a group of objects costs at least: it is counted, and has a page."""
MOST_READINGS = 2
"""Times that all objects are listed in a sync, if a listing can prove itself: contacts may leave and come meanwhile."""
MOST_COUNTS = 3
"""Times that a listing which proves itself is counted, and read on, while objects come."""

# Time

MARGIN_S = 1
"""Seconds that are asked for more on both sides of a window: nothing says whether Mailjet's filters include their
bounds."""
COUNT_FIRST_S = 2 * DAY_S
"""Seconds from which on a window is counted before it is listed: that costs a request and tells how to cut it."""
