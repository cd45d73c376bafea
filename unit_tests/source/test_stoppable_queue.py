"""A queue that lets its producers go."""

from __future__ import annotations

import threading
from queue import Empty

import pytest

from source_mailjet_segment.stoppable_queue import StoppableQueue


def test_a_stopped_queue_lets_a_waiting_producer_go() -> None:
    queue: StoppableQueue[int] = StoppableQueue(1)
    queue.put(1)
    producer = threading.Thread(target=queue.put, args=(2,))
    producer.start()
    queue.stop()
    producer.join(timeout=5)
    assert not producer.is_alive()
    queue.put(3)
    assert queue.get() == 1
    with pytest.raises(Empty):
        queue.get(block=False)
