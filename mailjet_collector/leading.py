from __future__ import annotations

import threading

from event_store.store import Store
from mailjet_collector.config import CollectorConfig
from mailjet_collector.metrics import Metrics


class Leading:
    def __init__(self, stop: threading.Event) -> None:
        pass

    def wake(self, account: str) -> None:
        pass

    def join(self, timeout: float | None = None) -> None:
        pass

    def is_alive(self) -> bool:
        return False


def start_leading(config: CollectorConfig, store: Store, metrics: Metrics, stop: threading.Event) -> Leading:
    return Leading(stop)
