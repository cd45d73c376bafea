"""A collector as a process: until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import resource
import signal
import time

import uvloop

from event_store.errors import StoreUnavailable
from mailjet_collector.collector import Collector, Places, end_in_time
from mailjet_collector.config import CollectorConfig
from mailjet_collector.log import LOG, start_log
from program.process import collect_rarely

LONGEST_START_S = 60
"""How long a start waits for a store that cannot be reached."""

TRY_EVERY_S = 0.5


def run_collector(config: CollectorConfig, places: Places) -> bool:
    """Collects until a signal says so; whether that was Ctrl-C. A second signal ends the process at once.

    Raises `StoreError` and `Failure` if it cannot start.
    """
    _allow_many_connections()
    collect_rarely()
    start_log()
    collector = _open(config, places)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(collector, [account.name for account in config.accounts]))


def _open(config: CollectorConfig, places: Places) -> Collector:
    """A collector, as soon as its store can be used: a server and its collectors may start, or come back, at once."""
    until_s, has_warned = time.monotonic() + LONGEST_START_S, False
    while True:
        try:
            return Collector(config, places)
        except StoreUnavailable as error:
            if time.monotonic() > until_s:
                raise
            if not has_warned:
                LOG.warning("%s Trying again for %d s.", error.sentence, LONGEST_START_S)
                has_warned = True
            time.sleep(TRY_EVERY_S)


async def _serve(collector: Collector, names: list[str]) -> bool:
    loop, stop, heard = asyncio.get_running_loop(), asyncio.Event(), []

    def on_signal(number: signal.Signals) -> None:
        heard.append(number)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        LOG.info("Ending: posts that have come are stored first.")
        end_in_time()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    where = ", ".join(names), collector.port, collector.admin_port
    await collector.serve(stop, lambda: LOG.info("Collecting for %s on port %d; for operators: port %d.", *where))
    LOG.info("Ended.")
    return heard == [signal.SIGINT]


def _allow_many_connections() -> None:
    """As many open files as this user may have: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
