from __future__ import annotations

import threading

from event_store.store import Store
from mailjet_collector.config import CollectorConfig
from mailjet_collector.metrics import Metrics


def start_leading(config: CollectorConfig, store: Store, metrics: Metrics, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=stop.wait, daemon=True)
    thread.start()
    return thread
