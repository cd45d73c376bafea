"""The histories of many messages, each asked for once in a sync, and read in batches: a sync that is cut off loses only
the batch that it was reading.

Two readings of a feed, whose states differ, want the same histories; the second finds those that the first has read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from functools import partial

from mailjet_reading.limits import HISTORIES_AT_ONCE
from mailjet_reading.lookups.scratch_store import Store
from mailjet_rest.client import Mailjet
from mailjet_rest.history import read_history
from mailjet_rest.rows import HistoryEvent, Message

WithHistory = list[tuple[Message, list[HistoryEvent]]]
"""Messages, each with its history."""


class Histories:
    """The histories of messages; may be used by many threads."""

    def __init__(self, api: Mailjet, store: Store, pool: Executor) -> None:
        self._memory = store.histories
        self._pool = pool
        self._read_history = partial(read_history, api)

    def read(self, messages: Sequence[Message]) -> Iterator[WithHistory]:
        """The messages with their histories, in batches; an empty history if Mailjet has none.

        Raises `Failure` if one of them cannot be read, but gives the others of its batch before.
        """
        for first in range(0, len(messages), HISTORIES_AT_ONCE):
            batch, failure = self._read_batch(messages[first : first + HISTORIES_AT_ONCE])
            yield batch
            if failure:
                raise failure

    def _read_batch(self, messages: Sequence[Message]) -> tuple[WithHistory, BaseException | None]:
        known = self._memory.recall([_key(message) for message in messages])
        requests = {
            _key(message): self._pool.submit(self._read_history, message)
            for message in messages
            if _key(message) not in known
        }
        failure = next((error for request in requests.values() if (error := request.exception())), None)
        read = {key: request.result() for key, request in requests.items() if not request.exception()}
        self._memory.remember({key: json.dumps(history) for key, history in read.items()})
        read |= {key: [HistoryEvent(*event) for event in json.loads(text or "[]")] for key, text in known.items()}
        return [(message, read[_key(message)]) for message in messages if _key(message) in read], failure


def _key(message: Message) -> str:
    """A message that shows another status than before has a longer history than before."""
    return f"{message.email_id} {message.status}"
