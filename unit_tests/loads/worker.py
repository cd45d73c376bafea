"""A load as a process: `python -m unit_tests.loads.worker <store> <target> [<signal> <after so many steps>]`.

A step is a file that is opened or renamed, as Python's audit events tell: there are hundreds in a load.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from typing import Any

from event_store.store import Store
from mailjet_segment.loads.loading import load
from mailjet_segment.loads.target import parse_target
from mailjet_segment.stopping import stop_on_signal
from program.failure import Failure
from unit_tests.event_store.posts import ACCOUNT

PACKAGE = 150
"""Rows of a package: a load of some hundred events has several."""
STEPS = {"open", "os.rename", "os.mkdir", "os.remove", "os.link"}


def send_at(step: int, number: signal.Signals) -> None:
    """The process gets a signal at a step, once."""
    steps = count()

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event in STEPS and "mailjet-segment-" in str(arguments[0]) and next(steps) == step:
            os.kill(os.getpid(), number)

    sys.addaudithook(hear)


def main(store_address: str, target: str, name: str = "", step: str = "") -> int:
    store = Store(store_address)
    if name:
        send_at(int(step), signal.Signals[name])
    try:
        with stop_on_signal() as stop:
            loaded = load(store, [ACCOUNT], parse_target(target), stop, package_rows=PACKAGE)
    except Failure as failure:
        print(failure.sentence)
        return 1
    finally:
        store.close()
    print(loaded.rows.total())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
