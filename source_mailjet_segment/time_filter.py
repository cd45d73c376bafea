"""Whether Mailjet cuts a listing by time. If it does not, every window holds everything, and no cutting helps."""

from __future__ import annotations

import time
from collections.abc import Sequence

from source_mailjet_segment.api import Mailjet
from source_mailjet_segment.config import DAY_S
from source_mailjet_segment.errors import MailjetError
from source_mailjet_segment.feeds import EventRow, Feed, second_of
from source_mailjet_segment.windows import Span

FAR_S = DAY_S
"""A row may be listed by another of its times than the one it shows; one so far outside of its window is odd."""
AHEAD_S = 366 * DAY_S


def lies_outside(rows: Sequence[EventRow], span: Span) -> bool:
    """Whether more than half of the rows of a window lie far outside of it; those without a time count for neither."""
    since, until = span[0] - FAR_S, span[1] + FAR_S
    return 2 * sum(not since <= (second_of(row) or since) < until for row in rows) > len(rows)


def require_time_filter(api: Mailjet, feed: Feed) -> None:
    """Raises `MailjetError` where either filter of a feed is not honoured; asks for that once in a sync.

    A second that is yet to come, and one of the year 1970, hold no rows.
    """
    if feed.path in api.trusted_filters:
        return
    ahead = (api.date or int(time.time())) + AHEAD_S
    for name, since, when in ((feed.since_param, ahead, "in a year from now"), (feed.until_param, 1, "in 1970")):
        rows = api.count(feed.path, {**feed.params, feed.since_param: since, feed.until_param: since + 1})
        if rows:
            raise MailjetError(
                f"Mailjet does not honour the filter '{name}' of '{feed.path}': it counts {rows} rows in a second "
                f"{when}, so that nothing can be read by its time. Report this with this line."
            )
    api.trusted_filters.add(feed.path)
