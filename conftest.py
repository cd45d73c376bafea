"""What holds for every test: `lab.leak_watch` listens, and Ctrl-C and a closed terminal end the run."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator

import pytest

pytest_plugins = ["lab.leak_watch.plugin", "lab.without_servers.plugin"]


def pytest_configure() -> None:
    """What starts the tests may ignore these signals (`nohup`, a shell's `&`), and children inherit that."""
    for number, handler in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(autouse=True)
def _garbage_is_looked_for_as_before() -> Iterator[None]:
    """A program that runs in this process may have it looked for seldom; what tests leave behind would pile up."""
    before = gc.get_threshold()
    yield
    if gc.get_threshold() != before:
        gc.set_threshold(*before)
        gc.unfreeze()
