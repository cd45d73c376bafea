"""`/healthz` and `/readyz`, on both ports."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mailjet_collector.answer import RETRY_AFTER_S
from mailjet_collector.readiness import Readiness


def health_routes(readiness: Readiness) -> list[Route]:
    """A collector is alive if it answers, and ready if it can store."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def readyz(_: Request) -> Response:
        reason = await readiness.reason_against()
        if reason is None:
            return PlainTextResponse("ready\n")
        return PlainTextResponse(f"{reason}\n", 503, {"Retry-After": str(RETRY_AFTER_S)})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
