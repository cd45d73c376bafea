"""The jobs of a leader, each in a thread of its own: one that fails is begun again and stops no other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from event_store.errors import NotLeader, StoreError
from event_store.leadership import Leadership
from mailjet_collector.troubles import Troubles
from program.failure import Failure, unexpected

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
"""How long a job that failed waits before it begins again; the longer the more often it fails."""


class Job(NamedTuple):
    """Work that goes on until the event is set; `name` is for the log. `stop` ends work that does not see the event."""

    name: str
    run: Callable[[Leadership, threading.Event], None]
    stop: Callable[[], None] = lambda: None


def start_jobs(
    jobs: Sequence[Job], leader: Leadership, ended: threading.Event, log: logging.Logger
) -> list[threading.Thread]:
    """A thread for each job. The first job that finds another leader sets `ended`."""
    threads = [
        threading.Thread(target=_keep_doing, args=(job, leader, ended, log), name=f"{leader.account} {job.name}")
        for job in jobs
    ]
    for thread in threads:
        thread.daemon = True
        thread.start()
    return threads


def _keep_doing(job: Job, leader: Leadership, ended: threading.Event, log: logging.Logger) -> None:
    troubles = Troubles(log, f"Account {leader.account}, {job.name}")
    wait_s = FIRST_WAIT_S
    while not ended.is_set():
        began_s = time.monotonic()
        try:
            job.run(leader, ended)
        except NotLeader:
            ended.set()
        except (StoreError, Failure) as error:
            troubles.note(error.sentence)
        except Exception as error:
            troubles.note(unexpected(error).sentence)
        else:
            return
        wait_s = FIRST_WAIT_S if time.monotonic() - began_s > LONGEST_WAIT_S else min(LONGEST_WAIT_S, wait_s * 2)
        ended.wait(wait_s)
