"""What holds for every test: `lab.leak_watch` listens, and Ctrl-C and a closed terminal end the run."""

from __future__ import annotations

import signal

pytest_plugins = ["lab.leak_watch.plugin", "lab.without_servers.plugin"]


def pytest_configure() -> None:
    """What starts the tests may ignore these signals (`nohup`, a shell's `&`), and children inherit that."""
    for number, handler in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
