"""The steps of a sync: each account into the store, then each consumer from where it was.

They do not depend on each other: if Mailjet fails half-way, Segment and the tables get what was read; if one of them
fails, its next sync goes on from there, and the others have theirs.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from event_store.errors import StoreError
from event_store.leadership import Leadership
from event_store.store import Store
from mailjet_reading.config import Config
from mailjet_rest.client import Mailjet
from mailjet_segment.last_sync import note_last_sync
from mailjet_segment.loads.loading import import_in_advance, load
from mailjet_segment.loads.place import refuse_foreign_tables
from mailjet_segment.loads.target import Target
from mailjet_segment.progress import Progress
from mailjet_segment.store_place import READING, account_name, is_of_sync, store_file
from mailjet_segment.sync.former import (
    Former,
    end_take_over,
    is_former,
    is_half_taken_over,
    take_over,
    take_over_consumer,
)
from mailjet_segment.sync.handing_over import HandingOver
from mailjet_segment.sync.history import Wishes, decide_history
from mailjet_segment.sync.plan import Plan, Segment
from mailjet_segment.sync.reading import STOPPED, closed_by, read_account
from mailjet_segment.warehouse import Waiting, open_warehouse
from mailjet_segment.warnings_shown import LOG
from program.credential import mask, secret_forms
from program.failure import Failure, MachineError
from program.memory import give_back
from source_mailjet_segment.check import CHECK_PATIENCE, check_account


@dataclass
class Outcome:
    """The result of a sync. `failures` are sentences for the user; the other fields hold even if there are some.

    `read`: events new to the store; `accepted`: calls by the event's name; `left_out`: events that Segment would drop,
    or refused; `loaded`: rows of each target, by table.
    """

    read: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    loaded: dict[str, Mapping[str, int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def did_something(self) -> bool:
        """Whether anything was read, accepted or loaded."""
        return bool(self.read or self.accepted or any(sum(rows.values()) for rows in self.loaded.values()))


def sync(plan: Plan, progress: Progress, now: Callable[[], datetime], stop: threading.Event) -> Outcome:
    """Carries out `plan`; raises `Failure` only if the sync cannot begin, or has no store to keep events in."""
    former, outcome = None, Outcome()
    try:
        if new := _new_accounts(plan):
            former = _look_at_files(plan, progress, stop)
        plan = _without_mistaken(plan, new, outcome, stop)
        store = Store(plan.store)
        try:
            _sync(plan, store, former, outcome, progress, now, stop)
            return outcome
        finally:
            store.close()
    except StoreError as error:
        raise MachineError(error.sentence) from None
    except Failure:
        if stop.is_set():
            raise Failure(STOPPED) from None
        raise


def _look_at_files(plan: Plan, progress: Progress, stop: threading.Event) -> Target | None:
    """The DuckDB file that release 0.1.0 made, if there is one.

    Raises `Failure` for tables that are somebody else's, or of another Mailjet key.

    Later runs find that when they load: a target that fails does not hold the others back.
    """
    former = None
    for target in plan.targets:
        if target.kind == "duckdb":
            path, waiting = Path(target.address), Waiting(progress.warn, stop.wait)
            if is_former(path, plan.accounts, waiting):
                former = target
            else:
                refuse_foreign_tables(path, waiting)
    return former


def _new_accounts(plan: Plan) -> list[Config]:
    """The accounts of which nothing was read to its end, or not all of a former database taken over.

    By the store, which may not exist yet.

    Raises `Failure` if other accounts only were synced into it: tables of one account would get another's events.
    """
    file = store_file(plan.store)
    if file and not file.exists():
        return list(plan.accounts)
    store = Store(plan.store)
    try:
        known = set(filter(is_of_sync, store.account_names()))
        ours = [config for config in plan.accounts if account_name(config) in known]
        read = [
            config
            for config in ours
            if store.note(account_name(config), READING) and not is_half_taken_over(store, account_name(config), plan)
        ]
    finally:
        store.close()
    if known and not ours:
        raise Failure(
            f"{store.name} holds the events of another Mailjet API key: give another --store (or another --duckdb), or "
            "the source configurations of both accounts."
        )
    return [config for config in plan.accounts if config not in read]


def _without_mistaken(plan: Plan, new: Sequence[Config], outcome: Outcome, stop: threading.Event) -> Plan:
    """The plan without new accounts that cannot be read; raises `Failure` if no account was read before."""
    for config in new:
        try:
            _check(config, stop)
        except Failure as failure:
            if stop.is_set():
                raise
            if len(new) == len(plan.accounts):
                raise Failure(_of(plan.name(config), failure.sentence)) from failure.__cause__
            outcome.failures.append(_of(plan.name(config), failure.sentence))
            plan = replace(plan, accounts=tuple(account for account in plan.accounts if account != config))
    return plan


def _check(config: Config, stop: threading.Event) -> None:
    """Requests a row of each resource before the first use: then a mistake leaves no store behind."""
    api = Mailjet(config.api_url, config.api_key, config.api_key_secret, config.max_requests_per_second, CHECK_PATIENCE)
    with closing(api), closed_by(stop, api):
        if remark := check_account(config, api):
            LOG.warning("%s", remark)


def _sync(
    plan: Plan,
    store: Store,
    former: Target | None,
    outcome: Outcome,
    progress: Progress,
    now: Callable[[], datetime],
    stop: threading.Event,
) -> None:
    with ExitStack() as led:
        leaders = [led.enter_context(_leading(store, config, now())) for config in plan.accounts]
        _take_over(plan, store, former, leaders, progress, stop)
        for leader in leaders:
            if plan.segment:
                _decide(plan.segment, store, leader, plan.wishes, progress, now())
        handing_over, new = [], dict[str, int]()
        for config, leader in zip(plan.accounts, leaders, strict=True):
            if plan.segment:
                title = _titled("Events handed to Segment", plan.name(config))
                handing_over.append(HandingOver(plan.segment, store, leader, title, progress, stop))
                led.callback(handing_over[-1].join)  # also if an error ends this: it needs the store and the lead
            wake = handing_over[-1].wake if plan.segment else _nobody
            new[leader.account] = _read(config, plan.name(config), store, leader, wake, progress, stop, outcome)
            if plan.segment:
                handing_over[-1].finish()
        give_back()
        _load(plan, store, progress, stop, outcome)
        for config, handed in zip(plan.accounts, handing_over, strict=False):
            handed.join()
            outcome.accepted += handed.accepted
            outcome.left_out += handed.left_out
            outcome.failures += [_of(plan.name(config), handed.failure)] if handed.failure else []
        failures = [STOPPED] if stop.is_set() else _without_keys(outcome.failures, plan)
        with suppress(StoreError):  # what was read, sent and loaded counts, also if no word of it can be kept
            for leader in leaders:
                note_last_sync(store, leader, now(), new.get(leader.account, 0), failures)
    if stop.is_set():
        outcome.failures = [STOPPED]


def _take_over(
    plan: Plan,
    store: Store,
    former: Target | None,
    leaders: Sequence[Leadership],
    progress: Progress,
    stop: threading.Event,
) -> None:
    """Goes on with the file of release 0.1.0, if there is one; ends what an earlier sync began of it."""
    if former:
        path = Path(former.address)
        with open_warehouse(path, Waiting(progress.warn, stop.wait)) as connection:
            progress.say(take_over(Former(connection, path), plan, store, leaders))
    for leader in leaders:
        end_take_over(store, leader, plan)


def _without_keys(sentences: Sequence[str], plan: Plan) -> list[str]:
    forms = [form for config in plan.accounts for form in secret_forms(config.api_key, config.api_key_secret)]
    forms += secret_forms(plan.segment.source.write_key) if plan.segment else []
    return [mask(sentence, forms) for sentence in sentences]


def _decide(
    segment: Segment, store: Store, leader: Leadership, wishes: Wishes, progress: Progress, now: datetime
) -> None:
    if wishes.history != "send" and (sentence := take_over_consumer(store, leader, segment)):
        progress.say(sentence)
    decide_history(store, leader, segment.source, segment.place, wishes, now)


@contextmanager
def _leading(store: Store, config: Config, now: datetime) -> Iterator[Leadership]:
    name = account_name(config)
    store.open_account(name, config.api_key_digest, now)
    leader = store.try_lead(name)
    if leader is None:
        raise Failure("Another sync of this account runs on this store: run this again when it has ended.")
    try:
        yield leader
    finally:
        leader.release()


def _read(
    config: Config,
    name: str,
    store: Store,
    leader: Leadership,
    wake: Callable[[], None],
    progress: Progress,
    stop: threading.Event,
    outcome: Outcome,
) -> int:
    """Reads an account; returns how many events are new. `wake` is called when events were stored.

    `name` is the account's, if there are several.
    """
    if stop.is_set():
        return 0
    with progress.step(_titled("Events read from Mailjet", name)) as step:

        def hear(new: int, windows: str, share: float) -> None:
            step.add(new)
            step.note(windows, share)
            if new:
                import_in_advance()
                wake()

        try:
            failure = read_account(config, store, leader, hear, stop)
        except Failure as error:
            failure = error
        outcome.read += step.count
    if failure:
        early = f"Reading ended early, what was read is kept: {failure.sentence}" if step.count else failure.sentence
        outcome.failures.append(_of(name, early))
    return step.count


def _load(plan: Plan, store: Store, progress: Progress, stop: threading.Event, outcome: Outcome) -> None:
    names = [account_name(config) for config in plan.accounts]
    for target in plan.targets:
        if stop.is_set():
            return
        with progress.step(f"Events loaded into {target.name}") as step:
            try:
                loaded = load(store, names, target, stop, step.add, step.warn, expect=step.expect)
                outcome.loaded[target.name] = loaded.rows
            except Failure as failure:
                outcome.failures.append(f"Loading into {target.name} failed: {failure.sentence}")


def _titled(step: str, name: str) -> str:
    return f"{step} ({name})" if name else step


def _of(name: str, failure: str) -> str:
    """The sentence of a failure, with its account if there are several."""
    return f"{name}: {failure}" if name else failure


def _nobody() -> None:
    """Nobody waits for events if there is no destination."""
