"""Whether Mailjet cuts a listing by time. If it does not, every window holds everything, and no cutting helps."""

from __future__ import annotations

import time
from collections.abc import Sequence

from mailjet_rest.client import Mailjet
from mailjet_rest.errors import MailjetError
from mailjet_rest.resources import EventRow, Resource, second_of
from mailjet_rest.windows import DAY_S, Span

FAR_S = DAY_S
"""A row may be listed by another of its times than the one it shows; one so far outside of its window is odd."""
AHEAD_S = 366 * DAY_S


def lies_outside(rows: Sequence[EventRow], span: Span) -> bool:
    """Whether more than half of the rows of a window lie far outside of it; those without a time count for neither."""
    since, until = span[0] - FAR_S, span[1] + FAR_S
    return 2 * sum(not since <= (second_of(row) or since) < until for row in rows) > len(rows)


def require_time_filter(api: Mailjet, resource: Resource) -> None:
    """Raises `MailjetError` if Mailjet does not honour either filter of a resource; it is tested once in a sync.

    A second in the future, and one in the year 1970, hold no rows.
    """
    if resource.path in api.trusted_filters:
        return
    ahead = (api.date or int(time.time())) + AHEAD_S
    for name, since, when in (
        (resource.since_param, ahead, "in a year from now"),
        (resource.until_param, 1, "in 1970"),
    ):
        rows = api.count(
            resource.path, {**resource.params, resource.since_param: since, resource.until_param: since + 1}
        )
        if rows:
            raise MailjetError(
                f"Mailjet does not honour the filter '{name}' of '{resource.path}': it counts {rows} rows in a second "
                f"{when}, so that nothing can be read by its time. Report this with this line."
            )
    api.trusted_filters.add(resource.path)
