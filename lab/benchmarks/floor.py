"""The fewest requests that could tell what happened: one for each 1,000 rows that have to be listed at all.

Nothing can be read in fewer by Mailjet's REST API, and no reader can reach it: it would have to know beforehand which
rows it needs, and each listing would have to hold nothing else.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from mailjet_sandbox.happened import Happened

ROWS_A_REQUEST = 1_000
_ENGAGED = {"unsubscribed": "unsubscribed messages", "spam": "complained messages"}

HOW = """\
The floor of a sync counts one request for each 1,000 rows, begun ones included, of each of these lists:
the messages delivered in its window; the opens, the clicks and the bounces in it; the messages of those opens, clicks
and bounces that were not delivered in the window (for address, subject and CustomID); the people who did anything in it
(for their user ids); their campaigns; the user agents they used; the lists they unsubscribed from; the messages that
show an unsubscribe or a complaint of the window, by each of the two statuses; and the messages still pending. To it
come one history for each unsubscribe and complaint, one for each message that was pending at the sync before and is
delivered now (its time stands nowhere else), and one request for the account's contact properties. Events that REST
cannot tell of are left out.
"""


class Floor:
    """Counts the rows of the window that begins at `since`, event by event."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._rows: dict[str, set[object]] = {
            "unsubscribed messages": set(),
            "complained messages": set(),
            "pending messages": set(),
        }
        self._counted: Counter[str] = Counter()
        self._delivered: set[str] = set()
        self._acted: set[str] = set()
        self._histories: set[str] = set()

    def add(self, event: Happened) -> None:
        """Takes an event of the window into account."""
        if event.beyond_rest:
            return
        self._note("people", event.contact_id)
        self._note("campaigns", event.campaign_id)
        if event.agent:
            self._note("user agents", event.agent.id)
        if event.kind == "delivered":
            self._delivered.add(event.email_id)
            if event.pending_until and event.arrived_at < self._since:
                self._note("pending messages", event.email_id)
                self._histories.add(event.email_id)
        elif event.kind in _ENGAGED:
            self._note(_ENGAGED[event.kind], event.email_id)
            self._histories.add(event.email_id)
            if event.list_id and event.kind == "unsubscribed":
                self._note("lists", event.list_id)
        else:
            self._counted[event.kind] += 1
            self._acted.add(event.email_id)

    def requests(self) -> dict[str, int]:
        """Requests by what is listed; what needs none is left out, but a listing that must be looked at needs one."""
        rows = {what: max(1, len(found)) for what, found in self._rows.items()}
        rows |= {"messages delivered": len(self._delivered), **self._counted}
        rows["messages of other events"] = len(self._acted - self._delivered)
        listed = {what: -(-count // ROWS_A_REQUEST) for what, count in sorted(rows.items()) if count}
        return {**listed, "histories": len(self._histories), "properties": 1}

    def _note(self, what: str, identity: object) -> None:
        self._rows.setdefault(what, set()).add(identity)
