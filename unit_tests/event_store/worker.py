"""Processes of tests, each by a word: `python -m unit_tests.event_store.worker <word> <address>`."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from itertools import count

from event_store.store import Store
from unit_tests.event_store.posts import ACCOUNT, NOW, delivered, last_position, post

POST = 50
"""Events of one post of `receive`."""


def open_store(address: str) -> None:
    """Opens a store and its account, and says its first position."""
    store = Store(address)
    store.open_account(ACCOUNT, "0123abcd", NOW)
    os.write(1, f"{last_position(store)}\n".encode())  # at once: others write to the same pipe


def open_at_once(address: str) -> None:
    """The same in ten processes at the same moment: they are forked when all is imported."""
    forked = [multiprocessing.get_context("fork").Process(target=open_store, args=(address,)) for _ in range(10)]
    for process in forked:
        process.start()
    for process in forked:
        process.join(100)
    sys.exit(any(process.exitcode != 0 for process in forked))


def receive(address: str) -> None:
    """Receives one post after another, and says the number of each that is stored."""
    store = Store(address)
    store.open_account(ACCOUNT, "0123abcd", NOW)
    for number in count():
        events = [delivered(f"{number}x{place}") for place in range(POST)]
        store.receive([post(*events)])
        print(number, flush=True)


def lead(address: str) -> None:
    """Leads the account until it is killed."""
    store = Store(address)
    store.open_account(ACCOUNT, "0123abcd", NOW)
    assert store.try_lead(ACCOUNT)
    print("leads", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    {"open": open_at_once, "receive": receive, "lead": lead}[sys.argv[1]](sys.argv[2])
