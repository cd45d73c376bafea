"""One POST, and its outcome."""

from __future__ import annotations

import time

from program.http_session import open_session, read_whole
from program.http_trouble import HTTP_ERRORS, Trouble, to_trouble, untrusted_sentence
from segment_api.limits import (
    ANSWER_TIMEOUT_S,
    CONNECT_TIMEOUT_S,
    MAX_ANSWER_BYTES,
    WHOLE_ANSWER_TIMEOUT_S,
)
from segment_api.outcome import Hopeless, Outcome, TryLater, to_outcome
from segment_api.packer import Body


class Endpoint:
    """A connection to `/v1/batch` of one origin, kept open; for one thread.

    No text of an answer or an error leaves it: they may quote the events, the people in them, or the write key.
    """

    def __init__(
        self,
        origin: str,
        write_key: str,
        timeout_s: tuple[float, float] = (CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S),
        whole_answer_timeout_s: float = WHOLE_ANSWER_TIMEOUT_S,
        user_agent: str = "segment-api",
    ) -> None:
        self._origin, self._timeout_s, self._whole_answer_timeout_s = origin, timeout_s, whole_answer_timeout_s
        self._session = open_session(origin, write_key, "", user_agent)
        self._session.headers["Content-Type"] = "application/json"

    def post(self, body: Body) -> Outcome:
        """Sends one batch, once; never raises for a fault of the network or the server."""
        try:
            with self._session.post(
                f"{self._origin}/v1/batch", data=body, timeout=self._timeout_s, allow_redirects=False, stream=True
            ) as answer:
                content = bytes(read_whole(answer, self._whole_answer_timeout_s, MAX_ANSWER_BYTES))
        except HTTP_ERRORS as error:
            return self._judge_trouble(to_trouble(error))
        return to_outcome(answer.status_code, answer.headers, content, self._origin, time.time())

    def _judge_trouble(self, trouble: Trouble) -> Outcome:
        match trouble:
            case Trouble("late"):
                return TryLater("no answer in time")
            case Trouble("unreachable"):
                return TryLater("no connection")
            case Trouble("insecure"):
                return TryLater("no secure connection")
            case Trouble("untrusted"):
                return Hopeless(untrusted_sentence(self._origin, "region"))
            case Trouble("environment", sentence):
                return Hopeless(sentence)
        return Hopeless(f"{self._origin} cannot be asked ({trouble.detail}): check 'region'.")
