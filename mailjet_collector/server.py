"""What is on the port for Mailjet and readers."""

from __future__ import annotations

from starlette.applications import Starlette

from event_store.store import Store
from mailjet_collector.answer import App, Receive, Scope, Send
from mailjet_collector.config import CollectorConfig
from mailjet_collector.credential import Credential
from mailjet_collector.group_commit import GroupCommit
from mailjet_collector.health import health_routes
from mailjet_collector.metrics import Metrics
from mailjet_collector.reader import reader_route
from mailjet_collector.readiness import Readiness
from mailjet_collector.receiver import PREFIX, Receiver
from mailjet_collector.today import Today


def public_app(
    config: CollectorConfig, store: Store, commit: GroupCommit, readiness: Readiness, metrics: Metrics, today: Today
) -> App:
    """Posts go straight to the receiver, for their path may be anything; all else goes by Starlette's routes."""
    posters = {account.name: Credential(account.name, account.webhook_passwords) for account in config.accounts}
    readers = {account.name: Credential(account.api_key, [account.api_key_secret]) for account in config.accounts}
    receiver = Receiver(posters, commit, metrics, today)
    others = Starlette(routes=[reader_route(store, readers), *health_routes(readiness)])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = receiver if scope["path"].startswith(PREFIX) else others
        await chosen(scope, receive, send)

    return app
