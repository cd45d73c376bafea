"""The fewest requests that could tell what happened: one for each 1,000 rows that have to be listed at all.

Nothing can be read in fewer by Mailjet's REST API, and no reader can reach it: it would have to know beforehand which
rows it needs, and each listing would have to hold nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from mailjet_sandbox.happened import Happened

ROWS_A_REQUEST = 1_000

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


def count_floor(happened: Iterable[Happened], since: datetime) -> Mapping[str, int]:
    """Requests by what is listed, for the events of a sync's window, which begins at `since`."""
    told = [one for one in happened if not one.beyond_rest]
    of = {kind: [one for one in told if one.kind == kind] for kind in {each.kind for each in told}}
    delivered = {one.message_id for one in of.get("delivered", ())}
    statistics = [one for kind in ("opened", "clicked", "bounced") for one in of.get(kind, ())]
    engaged = [*of.get("unsubscribed", ()), *of.get("spam", ())]
    late = {one.message_id for one in of.get("delivered", ()) if one.pending_until and one.arrived_at < since}
    rows = {
        "messages delivered": len(delivered),
        **{f"{kind} events": len(of.get(kind, ())) for kind in ("opened", "clicked", "bounced")},
        "messages of other events": len({one.message_id for one in statistics} - delivered),
        "people": len({one.contact_id for one in told}),
        "campaigns": len({one.campaign_id for one in told}),
        "user agents": len({one.agent.id for one in told if one.agent}),
        "lists": len({one.list_id for one in of.get("unsubscribed", ()) if one.list_id}),
        "unsubscribed messages": max(1, len({one.message_id for one in of.get("unsubscribed", ())})),
        "complained messages": max(1, len({one.message_id for one in of.get("spam", ())})),
        "pending messages": max(1, len(late)),
    }
    requests = {what: -(-count // ROWS_A_REQUEST) for what, count in rows.items()}
    histories = len({one.message_id for one in engaged} | late)
    return {**{what: count for what, count in requests.items() if count}, "histories": histories, "properties": 1}
