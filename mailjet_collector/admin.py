"""The port for operators: metrics, and a page for people that reloads itself."""

from __future__ import annotations

from datetime import datetime, timezone
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from event_store.errors import StoreError
from event_store.store import Store
from mailjet_collector.config import CollectorConfig
from mailjet_collector.health import health_routes
from mailjet_collector.metrics import Metrics
from mailjet_collector.overview import Overview, overview
from mailjet_collector.readiness import Readiness

RELOAD_S = 5
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def admin_app(config: CollectorConfig, store: Store, readiness: Readiness, metrics: Metrics) -> Starlette:
    """The application of operators."""
    template = _environment().from_string(files("mailjet_collector").joinpath("page.html").read_text("utf-8"))

    async def show_metrics(_: Request) -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    async def show_page(_: Request) -> Response:
        now = datetime.now(timezone.utc)
        try:
            accounts = await run_in_threadpool(_overviews, now)
        except StoreError as error:
            return PlainTextResponse(f"{error}\n", 503, {"Refresh": str(RELOAD_S)})
        html = template.render(accounts=accounts, now=now, reload_s=RELOAD_S)
        return HTMLResponse(html, headers=_HEADERS)

    def _overviews(now: datetime) -> list[Overview]:
        return [overview(store, account, metrics.account(account.name), now) for account in config.accounts]

    return Starlette(routes=[Route("/", show_page), Route("/metrics", show_metrics), *health_routes(readiness)])


def _environment() -> Environment:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["instant"] = lambda at: at.strftime("%Y-%m-%d %H:%M:%S") if at else "never"
    return environment
