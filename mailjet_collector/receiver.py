"""`POST /mailjet/<account>`: Mailjet's posts, answered when they are on disk.

Nothing in the content of a post changes the answer. Any other failure is a 503, upon which Mailjet sends the post
again; an event that was stored all the same is recognised then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone

from event_store.errors import StoreError
from event_store.values import Post, Receipt
from mailjet_collector.answer import RETRY_AFTER, UNAUTHORIZED, Answer, Header, Receive, Scope, Send
from mailjet_collector.credential import NOBODY as NOBODYS_CREDENTIAL
from mailjet_collector.credential import Credential
from mailjet_collector.group_commit import Busy, GroupCommit
from mailjet_collector.log import LOG
from mailjet_collector.metrics import NOBODY
from mailjet_collector.posts import to_post
from mailjet_collector.relaying import RelayTarget, relays_for
from program.failure import unexpected

PREFIX = "/mailjet/"
LARGEST_BODY = 10_000_000
BODIES_IN_MEMORY = 64_000_000
"""Bytes of bodies that are read or wait to be stored; beyond that, posts are answered 503."""

STORE_S = 20.0
"""How long a post may wait to be stored; longer than the store takes to notice that its database is gone."""

LARGE_BODY = 100_000
"""Bytes from which on a body is read in a thread, so that other posts do not wait for it."""

OK = Answer(200, "Stored.")
NOT_ALLOWED = Answer(405, "Only POST is taken here.", ((b"allow", b"POST"),))
TOO_LARGE = Answer(413, "A post has at most 10 MB.")
_CLOSE = (b"connection", b"close")


class _Late(Exception):
    """The body did not come in time."""


class _TooLarge(Exception):
    """The body is larger than any post."""


class _Gone(Exception):
    """The client has gone; there is nobody to answer."""


class Receiver:
    """The ASGI application of all accounts' posts."""

    def __init__(
        self,
        credentials: Mapping[str, Credential],
        commit: GroupCommit,
        targets: Callable[[str], Sequence[RelayTarget]],
        on_stored: Callable[[Post, Receipt], None],
        on_answer: Callable[[str, int], None],
        body_s: float,
    ) -> None:
        """`targets`: the addresses that get copies of an account's events. `on_answer` gets the account, or `NOBODY`,
        and the status. `body_s`: how long a body may take to come.
        """
        self._credentials, self._commit, self._targets = credentials, commit, targets
        self._on_stored, self._on_answer = on_stored, on_answer
        self._body_s, self._bytes = body_s, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        account = scope["path"][len(PREFIX) :].partition("/")[0]
        headers = dict(scope["headers"])
        is_allowed = self._credentials.get(account, NOBODYS_CREDENTIAL).fits(headers.get(b"authorization"))
        try:
            answer = await self._take(account, headers, receive, scope["method"]) if is_allowed else UNAUTHORIZED
        except _Gone:
            return
        self._on_answer(account if is_allowed else NOBODY, answer.status)
        await answer.send(send)

    async def _take(self, account: str, headers: Mapping[bytes, bytes], receive: Receive, method: str) -> Answer:
        if method != "POST":
            return NOT_ALLOWED
        if int(headers.get(b"content-length", 0)) > LARGEST_BODY:
            return TOO_LARGE
        body = bytearray()
        try:
            await self._read(body, receive)
            return await self._store(account, bytes(body))
        except _Gone:
            raise
        except _TooLarge:
            return TOO_LARGE
        except _Late:
            return _unavailable("The post came too slowly.", _CLOSE)
        except Busy:
            return _unavailable("Too many posts wait.")
        except TimeoutError:
            return _unavailable("The store takes too long.")
        except StoreError:  # said in the log, once for all posts of a batch
            return _unavailable("Nothing can be stored now.")
        except asyncio.CancelledError:
            return _unavailable("This collector is about to end.", _CLOSE)
        except Exception as error:
            LOG.error("A post could not be taken. %s", unexpected(error))
            return _unavailable("This post could not be taken.")
        finally:
            self._bytes -= len(body)

    async def _read(self, body: bytearray, receive: Receive) -> None:
        """Fills `body`; its bytes count as held in memory."""
        try:
            async with asyncio.timeout(self._body_s):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Gone
                    part, more = message["body"], message["more_body"]
                    body += part
                    self._bytes += len(part)
                    if len(body) > LARGEST_BODY:
                        raise _TooLarge
                    if self._bytes > BODIES_IN_MEMORY:
                        raise Busy
        except TimeoutError:
            raise _Late from None

    async def _store(self, account: str, body: bytes) -> Answer:
        now = datetime.now(timezone.utc)
        is_large = len(body) > LARGE_BODY
        post = await asyncio.to_thread(to_post, account, now, body) if is_large else to_post(account, now, body)
        if targets := self._targets(account):
            post = post._replace(relays=relays_for(post.items, targets, now))
        async with asyncio.timeout(STORE_S):
            receipt = await self._commit.put(post)
        self._on_stored(post, receipt)
        return OK


def _unavailable(sentence: str, *headers: Header) -> Answer:
    return Answer(503, f"{sentence} Post it again.", (RETRY_AFTER, *headers))
