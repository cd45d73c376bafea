"""`mailjet-segment webhooks register | status | remove`: the collector's addresses in Mailjet's Event API."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from event_store.errors import StoreError
from event_store.store import Store
from mailjet_collector import webhooks
from mailjet_collector.address_watch import note_standings
from mailjet_collector.config import AccountConfig, CollectorConfig, read_config
from mailjet_collector.connection import connect
from mailjet_collector.existing_store import existing_store
from mailjet_collector.webhooks import Ours, Standing
from mailjet_rest.client import Patience
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.store_failure import said_plainly
from program.failure import Failure
from segment_events.instants import format_instant

Action = Literal["register", "status", "remove"]

_PATIENCE = Patience(unavailable_s=60)
"""A person waits for the command, so it gives up early."""


def run_webhooks(action: Action, config_path: Path, take_over: bool, as_json: bool) -> None:
    """Does the action for all accounts and prints the result; raises `Failure` if the result is not the wanted one."""
    try:
        config = read_config(config_path)
    except Failure as failure:
        raise Failure(f"{config_path}: {failure}") from None
    if config.public_url is None:
        raise Failure(f"{config_path}: public_url is missing: set it to where Mailjet reaches the collector.")
    progress = Progress(make_console(quiet=as_json), time.monotonic)
    outcomes = []
    with said_plainly(), _open_store(action, config) as store, progress.step("Accounts at Mailjet") as step:
        for number, account in enumerate(config.accounts):
            step.note(account.name, number / len(config.accounts))
            ours = webhooks.ours_of(account, config.public_url)
            outcomes.append(_of_account(action, account, ours, store, take_over))
            step.add()
    standings = [standing for found, _ in outcomes for standing in found]
    print(_as_json(standings) if as_json else "\n".join(map(_line, standings)), flush=True)
    sentences = [sentence for _, sentence in outcomes if sentence]
    if sentences:
        raise Failure(" ".join(sentences))


def _open_store(action: Action, config: CollectorConfig) -> AbstractContextManager[Store]:
    """`remove` needs the store that knows the former addresses: a new, empty one would lose them."""
    return existing_store(config) if action == "remove" else closing(Store(config.store))


def _of_account(
    action: Action, account: AccountConfig, ours: Ours, store: Store, take_over: bool
) -> tuple[list[Standing], str | None]:
    """The addresses of an account after the action, and its complaint; a failed account holds no other back."""
    try:
        store.open_account(account.name, account.key_digest, datetime.now(timezone.utc))
        with closing(connect(account, _PATIENCE)) as mailjet:
            if action == "remove":
                found = webhooks.remove(mailjet, store, account.name, ours)
            elif action == "register":
                found = webhooks.register(mailjet, store, account.name, ours, take_over)
            else:
                found = webhooks.standing(mailjet, store, account.name, ours)
        note_standings(store, account.name, found)
    except (Failure, StoreError) as failure:
        return [], f"Account {account.name}: {failure}"
    return found, None if action == "remove" else _complaint(account.name, found, take_over)


def _complaint(account: str, standings: Sequence[Standing], take_over: bool) -> str | None:
    """The complaint if not every type comes to us, with advice; None if all types come."""
    others = sorted({standing.address or "" for standing in standings if standing.state == "other"})
    if others:
        where = f"Account {account}: Mailjet posts {_events(standings, 'other')} to {', '.join(others)}"
        if take_over:
            return f"{where}: copies go to https addresses only, so have that changed to https first."
        return f"{where}: run webhooks register --take-over to have it replaced and get copies."
    if any(standing.state == "none" for standing in standings):
        return f"Account {account}: {_events(standings, 'none')} have no address: run webhooks register."
    dead = ", ".join(standing.event for standing in standings if not standing.is_alive)
    if dead:
        return f"Account {account}: Mailjet has suspended the address of {dead}: run webhooks register for another."
    return None


def _events(standings: Sequence[Standing], state: webhooks.State) -> str:
    return ", ".join(standing.event for standing in standings if standing.state == state)


def _as_json(standings: Sequence[Standing]) -> str:
    rows = [
        {
            "account": standing.account,
            "event": standing.event,
            "state": standing.state,
            "alive": standing.is_alive,
            "last_post": format_instant(standing.last_post) if standing.last_post else None,
        }
        for standing in standings
    ]
    return json.dumps(rows)


def _line(standing: Standing) -> str:
    """A line for people: an address without its credentials."""
    life = "" if standing.state == "none" else "alive" if standing.is_alive else "suspended"
    last = f"last post {format_instant(standing.last_post)}" if standing.last_post else ""
    columns = (
        f"{standing.account:<12} {standing.event:<8} {standing.state:<6} {life:<10} {standing.address or ''}  {last}"
    )
    return columns.rstrip()
