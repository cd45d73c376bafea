"""The configuration of a reading, as a value. Each program parses it from a form of its own."""

from __future__ import annotations

from dataclasses import dataclass

from mailjet_events.recipient import UserIdFrom
from mailjet_rest.windows import DAY_S
from program.credential import key_digest
from program.failure import FieldError


@dataclass(frozen=True)
class Config:
    """A valid configuration. Instants are Unix seconds; `end` is None if the sync's own end holds."""

    api_key: str
    api_key_secret: str
    api_url: str
    start: int
    end: int | None
    user_id_from: UserIdFrom
    user_id_property: str
    engagement_days: int
    lookback_s: int
    unsubscribe_event_name: str
    max_requests_per_second: float
    num_workers: int

    @property
    def api_key_digest(self) -> str:
        """8 hex digits by which a state is known to belong to this key."""
        return key_digest(self.api_key)

    @property
    def late_delivery_s(self) -> int:
        """How long after its sending a pending message is watched."""
        return min(self.engagement_days, 7) * DAY_S


def refuse_future_start(config: Config, now: int) -> None:
    """Raises `FieldError` if the start lies in the future; `now` in Unix seconds."""
    if config.start >= now:
        raise FieldError("start_date", "must be before now: set an earlier start")
