"""Puts the watch in force, as fixtures that every test uses without asking for them."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from lab.leak_watch.commands import is_ours, words_of
from lab.leak_watch.watch import LeakWatch, LogHandler


@pytest.fixture(scope="session")
def leak_watch() -> Iterator[LeakWatch]:
    """Hears all processes of ours that are started from here on."""
    watch, popen = LeakWatch(), subprocess.Popen

    class Overheard(popen):  # type: ignore[misc, valid-type]
        def __init__(self, args: Any, *more: Any, **options: Any) -> None:
            super().__init__(args, *more, **options)
            if is_ours(words := words_of(args)):
                watch.follow(self, words, options)

    subprocess.Popen = Overheard  # type: ignore[misc]
    yield watch
    subprocess.Popen = popen  # type: ignore[misc]
    _fail_for(watch)


@pytest.fixture(autouse=True)
def _no_key_and_no_person_is_heard(leak_watch: LeakWatch) -> Iterator[None]:
    """Fails the test in which one is. The handler is put there each time: runtimes clear the handlers of loggers."""
    handler, loggers = LogHandler(leak_watch), (logging.getLogger(), logging.getLogger("airbyte"))
    for logger in loggers:
        logger.addHandler(handler)
    yield
    for logger in loggers:
        logger.removeHandler(handler)
    _fail_for(leak_watch)


def _fail_for(watch: LeakWatch) -> None:
    if leaks := watch.take_leaks():
        pytest.fail("\n".join(leaks), pytrace=False)
