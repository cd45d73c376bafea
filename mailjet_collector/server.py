"""The port for Mailjet and readers."""

from __future__ import annotations

from starlette.applications import Starlette

from event_store.store import Store
from mailjet_collector.answer import App, Receive, Scope, Send
from mailjet_collector.config import CollectorConfig
from mailjet_collector.credential import Credential
from mailjet_collector.health import health_routes
from mailjet_collector.reader import reader_route
from mailjet_collector.readiness import Readiness
from mailjet_collector.receiver import PREFIX, Receiver


def public_app(config: CollectorConfig, store: Store, readiness: Readiness, receiver: Receiver) -> App:
    """Posts go straight to the receiver, for their path may be anything; all else goes by Starlette's routes."""
    readers = {account.name: Credential(account.api_key, [account.api_key_secret]) for account in config.accounts}
    others = Starlette(routes=[reader_route(store, readers), *health_routes(readiness)])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = receiver if scope["path"].startswith(PREFIX) else others
        await chosen(scope, receive, send)

    return app


def posters(config: CollectorConfig) -> dict[str, Credential]:
    """The credentials for posts, by account."""
    return {account.name: Credential(account.name, account.webhook_passwords) for account in config.accounts}
