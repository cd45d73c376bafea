"""`mailjet-segment sync`: real accounts, from their configurations."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mailjet_segment.configurations import Configurations
from mailjet_segment.ending import print_calls, print_database, where
from mailjet_segment.failure import without_secrets
from mailjet_segment.loads.target import DEFAULT_DATABASE, Target, distinct, duckdb_target, parse_targets
from mailjet_segment.progress import Progress, make_console
from mailjet_segment.report.beside import show_campaigns
from mailjet_segment.stopping import stop_on_signal
from mailjet_segment.store_place import store_address
from mailjet_segment.sync.history import Wishes
from mailjet_segment.sync.plan import Plan, plan_segment
from mailjet_segment.sync.run import Outcome, sync
from mailjet_segment.warnings_shown import showing_warnings
from program.failure import Failure
from program.memory import collect_seldom, share_heaps
from source_mailjet_segment.config import parse_config as parse_source


@dataclass(frozen=True)
class Choices:
    """The options beside the configurations. `targets`: as given after `--to`."""

    targets: Sequence[str] = ()
    database: Path | None = None
    store: str | None = None
    wishes: Wishes = field(default_factory=Wishes)
    quiet: bool = False
    as_json: bool = False


def run_sync(configurations: Configurations, choices: Choices) -> None:
    """Syncs once and prints the result; raises `Failure` if a part of it failed."""
    share_heaps()
    collect_seldom()
    secrets = [*configurations.sources, configurations.destination or {}]
    progress = Progress(make_console(quiet=choices.quiet or choices.as_json), time.monotonic)
    with stop_on_signal() as stop:
        try:
            plan = make_plan(configurations, choices)
            with showing_warnings(progress, secrets):
                outcome = sync(plan, progress, lambda: datetime.now(timezone.utc), stop)
            if choices.as_json:
                print(json.dumps(_to_json(outcome)), flush=True)
                _write_reports(outcome, plan, progress)
            else:
                _print(outcome, plan, progress)
            if outcome.failures:
                raise Failure(" ".join(outcome.failures))
        except Failure as failure:
            raise Failure(without_secrets(str(failure), secrets)) from failure.__cause__


def make_plan(configurations: Configurations, choices: Choices) -> Plan:
    """The plan; raises `Failure` for an impossible target or store."""
    targets = parse_targets(choices.targets)
    if choices.database or not targets:
        targets = distinct([duckdb_target(choices.database or DEFAULT_DATABASE), *targets])
    file = next((Path(target.address) for target in targets if target.kind == "duckdb"), None)
    accounts = tuple(parse_source(raw) for raw in configurations.sources)
    return Plan(
        accounts=accounts,
        segment=plan_segment(configurations.destination) if configurations.destination is not None else None,
        targets=tuple(targets),
        store=store_address(choices.store, file),
        wishes=choices.wishes,
        names={config.api_key_digest: name for config, name in zip(accounts, configurations.names, strict=False)},
    )


def _to_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "read": outcome.read,
        "accepted": dict(outcome.accepted),
        "left_out": outcome.left_out,
        "loaded": {name: dict(rows) for name, rows in outcome.loaded.items()},
        "failures": outcome.failures,
    }


def _print(outcome: Outcome, plan: Plan, progress: Progress) -> None:
    if outcome.failures and not outcome.did_something:
        return
    files = _loaded_files(outcome, plan)
    for target in files:
        print_database(Path(target.address), outcome.loaded[target.name], progress)
    if segment := plan.segment:
        verb = "Handed to" if segment.manner.passes_over else "Accepted by"
        print_calls(f"{verb} Segment in this sync", outcome.accepted, progress)
        progress.say(
            f"Segment is at {segment.place}. It answers 200 whatever the write key: see in the Debugger of your source "
            "that the events arrive."
        )
    _write_reports(outcome, plan, progress)
    for target in files:
        progress.say(where(Path(target.address)))


def _write_reports(outcome: Outcome, plan: Plan, progress: Progress) -> None:
    """A report beside each DuckDB file that got something: else the last one still holds."""
    for target in _loaded_files(outcome, plan):
        if any(outcome.loaded[target.name].values()):
            show_campaigns(Path(target.address), progress)


def _loaded_files(outcome: Outcome, plan: Plan) -> list[Target]:
    return [target for target in plan.targets if target.kind == "duckdb" and target.name in outcome.loaded]
