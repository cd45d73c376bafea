"""Posts into the store, many in one transaction: a sync to disk costs the same for one post as for a hundred.

One thread writes. Posts wait in a bounded queue. Only the event loop's side counts them, so no lock is needed.
A post is answered when the transaction that holds it is on disk. If a transaction fails for a reason that concerns
the store (locked, full, gone), all of its posts fail, and Mailjet sends them again. If it fails for any other reason,
one of its posts may be to blame: then each is stored alone, and a post that still fails is kept as rejected.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import SimpleQueue

from event_store.errors import StoreError, StoreFull, StoreUnavailable
from event_store.store import Store
from event_store.values import Post, Receipt, Refused
from mailjet_collector.log import LOG
from mailjet_collector.troubles import Troubles
from program.failure import unexpected

LARGEST_BATCH = 500
"""Items from which on a batch waits for no further post; each post is in one batch whole."""

WAIT_S, LONGEST_WAIT_S = 0.0005, 0.005
"""How long a batch waits for a further post, and for all further posts while they keep coming."""

MOST_WAITING = 20_000
"""Items that may wait: more than a second's worth would only be answered too late."""

_CANNOT_BE_STORED = "it could not be stored"


class Busy(Exception):
    """Too many posts wait already, or the collector ends."""


class _Waiting:
    """A post and the future of its receipt."""

    __slots__ = ("post", "receipt", "size")

    def __init__(self, post: Post, size: int, receipt: asyncio.Future[Receipt]) -> None:
        self.post, self.size, self.receipt = post, size, receipt


_Outcome = Receipt | StoreError


class GroupCommit:
    """Begins with `start`, on a running event loop; `put` is for that loop only."""

    def __init__(self, store: Store, most_waiting: int = MOST_WAITING) -> None:
        self._store, self._most_waiting = store, most_waiting
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._waiting = 0
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._troubles = Troubles(LOG, "Receiving")
        self._is_open = False

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_open = True
        self._thread.start()

    def put(self, post: Post) -> asyncio.Future[Receipt]:
        """The receipt of a post, when it is on disk; or a `StoreError`. Raises `Busy`.

        If the future is cancelled while the post waits, the post is withdrawn.
        """
        size = len(post.items) + len(post.refused) or 1
        if not self._is_open or (self._waiting and self._waiting + size > self._most_waiting):
            raise Busy
        self._waiting += size
        receipt: asyncio.Future[Receipt] = self._loop.create_future()
        self._queue.put(_Waiting(post, size, receipt))
        return receipt

    def close(self, timeout_s: float) -> bool:
        """Takes no further post and stores those that wait; returns whether that was done in time."""
        self._is_open = False
        self._queue.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while batch := self._next_batch():
            wanted = [waiting for waiting in batch if not waiting.receipt.cancelled()]
            outcomes = self._store_batch([waiting.post for waiting in wanted])
            with suppress(RuntimeError):  # the loop has ended: nobody waits any more
                self._loop.call_soon_threadsafe(self._settle, _size(batch), wanted, outcomes)

    def _next_batch(self) -> list[_Waiting]:
        """The waiting posts, as soon as there are any; empty at the end."""
        first = self._queue.get()
        if first is None:
            return []
        batch, until = [first], time.monotonic() + LONGEST_WAIT_S
        self._take_waiting(batch)
        while _size(batch) < LARGEST_BATCH and time.monotonic() < until:
            # Clients that were just answered post again at once: a moment later, one sync to disk serves them all.
            time.sleep(WAIT_S)
            if not self._take_waiting(batch):
                break
        return batch

    def _take_waiting(self, batch: list[_Waiting]) -> int:
        """Adds waiting posts to a batch until it is large; returns how many."""
        before, size = len(batch), _size(batch)
        while size < LARGEST_BATCH and not self._queue.empty():
            further = self._queue.get_nowait()
            if further is None:
                self._queue.put(None)  # the end: seen again after this batch
                break
            batch.append(further)
            size += further.size
        return len(batch) - before

    def _store_batch(self, posts: Sequence[Post]) -> Sequence[_Outcome]:
        if not posts:
            return []
        try:
            receipts = self._store.receive(posts)
        except (StoreUnavailable, StoreFull) as error:
            self._troubles.note(error.sentence)
            return [error] * len(posts)
        except Exception as error:
            self._troubles.note(f"A batch could not be stored; its posts are stored one by one. {_sentence(error)}")
            return [self._store_alone(post) for post in posts]
        self._troubles.note_end()
        return receipts

    def _store_alone(self, post: Post) -> _Outcome:
        try:
            return self._store.receive([post])[0]
        except (StoreUnavailable, StoreFull) as error:
            return error
        except Exception:
            return self._keep_as_rejected(post)

    def _keep_as_rejected(self, post: Post) -> _Outcome:
        """Keeps a post that failed twice as it came; but only if it was to blame, and not the store."""
        try:
            self._store.ping()
            return self._store.receive([_as_rejected(post)])[0]
        except StoreError as error:
            return error
        except Exception as error:
            return StoreError(_sentence(error))

    def _settle(self, size: int, batch: Sequence[_Waiting], outcomes: Sequence[_Outcome]) -> None:
        """On the event loop: answers all posts of a batch that are still waited for."""
        self._waiting -= size
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.receipt.done():
                continue
            if isinstance(outcome, StoreError):
                waiting.receipt.set_exception(outcome)
            else:
                waiting.receipt.set_result(outcome)


def _size(batch: Sequence[_Waiting]) -> int:
    return sum(waiting.size for waiting in batch)


def _as_rejected(post: Post) -> Post:
    """The post with all of its items kept as they came, for a later version to take."""
    refused = [Refused(_CANNOT_BE_STORED, item.body) for item in post.items]
    return post._replace(items=(), refused=[*refused, *post.refused])


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, StoreError) else unexpected(error).sentence
