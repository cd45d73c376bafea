"""The histories of many messages, each asked for once in a sync, and some at a time: a cut-off sync loses only those.

Two readings of a feed, whose states differ, want the same histories; what the first was told serves the second.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from functools import partial

from mailjet_reading.lookups.scratch_store import Store
from mailjet_rest.client import Mailjet
from mailjet_rest.history import read_history
from mailjet_rest.rows import HistoryEvent, Message

AT_ONCE = 200
"""Histories that are read together: so many are asked for again after a sync that was cut off among them.

Fewer would be dearer: whom many events are of is listed for less than it costs to ask for each (`directory.py`).
"""
Told = list[tuple[Message, list[HistoryEvent]]]


class Histories:
    """What happened to messages; may be used by many threads."""

    def __init__(self, api: Mailjet, store: Store, pool: Executor) -> None:
        self._memory = store.histories
        self._pool = pool
        self._read_one = partial(read_history, api)

    def read(self, messages: Sequence[Message]) -> Iterator[Told]:
        """The messages with their histories, some at a time; an empty one where Mailjet has none.

        Raises `Failure` where Mailjet fails to tell one, but after those that it told have been given.
        """
        for first in range(0, len(messages), AT_ONCE):
            told, failure = self._read_some(messages[first : first + AT_ONCE])
            yield told
            if failure:
                raise failure

    def _read_some(self, messages: Sequence[Message]) -> tuple[Told, BaseException | None]:
        known = self._memory.recall([_key(one) for one in messages])
        asked = {_key(one): self._pool.submit(self._read_one, one) for one in messages if _key(one) not in known}
        failure = next((error for one in asked.values() if (error := one.exception())), None)
        read = {key: future.result() for key, future in asked.items() if not future.exception()}
        self._memory.remember({key: json.dumps(history) for key, history in read.items()})
        read |= {key: [HistoryEvent(*event) for event in json.loads(text or "[]")] for key, text in known.items()}
        return [(one, read[_key(one)]) for one in messages if _key(one) in read], failure


def _key(message: Message) -> str:
    """A message that shows another status than before has a longer history than before."""
    return f"{message.email_id} {message.status}"
