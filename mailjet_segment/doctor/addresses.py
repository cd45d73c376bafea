"""Where Mailjet posts an account's events: one request."""

from __future__ import annotations

from contextlib import closing

from mailjet_collector import callback_urls
from mailjet_collector.callback_urls import EVENT_TYPES
from mailjet_collector.config import AccountConfig
from mailjet_collector.connection import connect
from mailjet_collector.webhook_address import split_credentials
from mailjet_collector.webhooks import ours_of
from mailjet_segment.doctor.examination import Examination
from program.failure import Failure
from source_mailjet_segment.check import CHECK_PATIENCE


def examine_addresses(account: AccountConfig, public_url: str | None, found: Examination) -> None:
    """Compares the registered addresses with ours. Without a `public_url` none can be ours, and nothing is asked."""
    if public_url is None:
        return
    ours = ours_of(account, public_url)
    with closing(connect(account, CHECK_PATIENCE)) as mailjet:
        try:
            primary = callback_urls.read_primary(mailjet)
        except Failure as failure:
            found.find("mailjet-permission", failure.sentence)
            return
        finally:
            found.requests["Mailjet"] += sum(mailjet.counts.requests.values())
    absent = [event for event in EVENT_TYPES if event not in primary]
    others = {event: row for event, row in primary.items() if not ours.has(row)}
    suspended = [event for event, row in primary.items() if ours.has(row) and not row.is_alive]
    if absent:
        found.find("webhooks-none", f"Account {account.name}: Mailjet posts {', '.join(absent)} nowhere.")
    if others:
        addresses = sorted({split_credentials(row.url)[0] for row in others.values()})
        where = f"Mailjet posts {', '.join(others)} to {', '.join(addresses)}, which is not this collector"
        found.find("webhooks-others", f"Account {account.name}: {where}.")
    if suspended:
        names = ", ".join(suspended)
        found.find("webhooks-suspended", f"Account {account.name}: Mailjet has suspended the address of {names}.")
    if not (absent or others or suspended):
        found.fine.append(f"Account {account.name}: Mailjet posts all types of event to {ours.base}")
