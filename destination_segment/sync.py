"""The wiring of one sync: it joins the modules of this package and of `segment_api`."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from functools import partial

from destination_segment import USER_AGENT
from destination_segment.catalog import Catalog, require_columns
from destination_segment.config import Config
from destination_segment.encoder import encoder, event_namer, leaves_out
from destination_segment.intake import Intake
from destination_segment.line_reader import LineReader
from destination_segment.mailbox import Mailbox
from destination_segment.states import States
from destination_segment.tally import Tally
from destination_segment.writer import Stop, Timing, Writer, WriterEvent
from program.budget import Budget
from program.signals import heard
from segment_api.endpoint import Endpoint
from segment_api.packer import Packer
from segment_api.retry import Persistence, RetryRule
from segment_api.workers import Send, Workers


def run_sync(
    config: Config,
    catalog: Catalog,
    descriptor: int,
    *,
    emit: Callable[[str], None],
    log: logging.Logger,
    retry: RetryRule,
    timing: Timing,
) -> int | None:
    """Writes all records from `descriptor`; returns the signal that ended the sync early, if there was one.

    `emit` gets each state as a line. Raises `ConfigurationError` and `Failure`.
    """
    if config.records:
        require_columns(config.records, catalog)
    _note_generations(catalog, log)
    if not catalog.streams:
        log.warning("The catalog selects no stream, so no record is taken: select streams in the connection.")
    mailbox: Mailbox[WriterEvent] = Mailbox()
    stopped = threading.Event()
    budget = Budget(config.max_requests_per_second, time.monotonic, stopped.wait)
    packer, states, tally = Packer(time.monotonic), States(), Tally(log)
    intake = Intake(
        catalog.streams,
        encoder(config),
        packer,
        states,
        tally,
        leaves_out=partial(leaves_out, config),
        skips=config.skip_rejected,
        name_of=event_namer(config),
    )
    connect = partial(_connect, config, retry, budget, stopped)
    workers = Workers(config.num_workers, connect, mailbox.post, skips=config.skip_rejected)
    writer = Writer(
        LineReader(descriptor),
        intake,
        packer,
        states,
        tally,
        workers,
        mailbox,
        stopped,
        emit=emit,
        log=log,
        clock=time.monotonic,
        timing=timing,
    )
    try:
        with heard(lambda number: mailbox.post(Stop(number))):
            return writer.run()
    finally:
        if writer.all_settled:
            mailbox.close()


def _connect(config: Config, retry: RetryRule, budget: Budget, stopped: threading.Event) -> Send:
    return Persistence(
        Endpoint(config.origin, config.write_key, user_agent=USER_AGENT).post,
        retry,
        budget,
        pause=stopped.wait,
        clock=time.monotonic,
        chance=random.random,
    ).send


def _note_generations(catalog: Catalog, log: logging.Logger) -> None:
    if catalog.truncating:
        log.info(
            "Segment keeps what it has: the earlier events of these streams, which were to be replaced, stay, and new "
            f"ones are added: {', '.join(catalog.truncating)}."
        )
