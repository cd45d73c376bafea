"""`mailjet-segment load`: events of a collector's store into warehouses, once or again and again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from event_store.errors import StoreError
from event_store.store import Store
from mailjet_collector.config import read_config
from mailjet_collector.existing_store import existing_store
from mailjet_segment.loads.loading import Loaded, load
from mailjet_segment.loads.target import Target, parse_targets
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.stopping import stop_on_signal
from mailjet_segment.store_failure import said_plainly
from program.failure import Failure
from program.memory import share_heaps


def run_load(path: Path, to: Sequence[str], every_s: float | None, quiet: bool, as_json: bool) -> None:
    """Loads the new events into each target, once or again and again until a signal; raises `Failure` if one failed.

    If it loads again and again, a failure is a warning, and the next round tries again.
    """
    share_heaps()
    targets = parse_targets(to)
    progress = Progress(make_console(quiet=quiet or as_json), time.monotonic)
    with stop_on_signal() as stop:
        with said_plainly():
            config = read_config(path)
            accounts = [account.name for account in config.accounts]
            with existing_store(config) as store:
                failures = _load_all(store, accounts, targets, progress, as_json, stop)
                while every_s is not None and not stop.wait(every_s):
                    failures = _load_all(store, accounts, targets, progress, as_json, stop)
        if failures:
            raise Failure(" ".join(failures))
        if stop.by_keyboard:
            raise KeyboardInterrupt


def _load_all(
    store: Store,
    accounts: Sequence[str],
    targets: Sequence[Target],
    progress: Progress,
    as_json: bool,
    stop: threading.Event,
) -> list[str]:
    """Loads into each target, whatever becomes of the others; the failures."""
    loaded: dict[str, Loaded] = {}
    failed: dict[str, str] = {}
    for target in targets:
        if stop.is_set():
            break
        try:
            with progress.step(f"Events loaded into {target.name}") as step:
                loaded[target.name] = load(store, accounts, target, stop, step.add, progress.warn, expect=step.expect)
        except (Failure, StoreError) as failure:
            failed[target.name] = failure.sentence
            progress.warn(failure.sentence)
    if as_json:
        counts = {name: dict(loaded[name].rows) for name in loaded}
        print(json.dumps({"loaded": counts, "failed": failed}), flush=True)
    return list(failed.values())
