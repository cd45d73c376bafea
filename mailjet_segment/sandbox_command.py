"""`mailjet-segment sandbox`: both stand-ins, served until stopped, for trying things without an account."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from mailjet_sandbox.computed_account import newsletter_account
from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.failure import Failure
from mailjet_segment.stopping import stop_on_signal
from segment_events.instants import format_instant

MOST_MESSAGES = 10_000_000


def run_sandbox(seed: int, messages: int, days: int, newsletter: bool) -> None:
    """Serve a made-up Mailjet account, of `days` until now, and a Segment that takes its events, until stopped.

    `newsletter`: an account of any size that sends newsletters to all of its contacts, and goes on to.
    """
    if newsletter and messages > MOST_MESSAGES:
        raise Failure(f"A sandbox with --newsletter has at most {MOST_MESSAGES:,} emails; ask for fewer.")
    now = datetime.now(timezone.utc)
    account = newsletter_account(messages, seed, days, now=now) if newsletter else None
    sandbox = Sandbox(seed=seed, messages=messages, days=days, now="real", account=account)
    with stop_on_signal() as stop, sandbox:
        print(_announcement(sandbox, messages, days), flush=True)
        stop.wait()
        accepted = f"{sandbox.segment.accepted:,} calls were accepted by the Segment stand-in"
        print(f"\nStopped after {sandbox.request_count:,} requests to Mailjet; {accepted}.", flush=True)


def source_config(sandbox: Sandbox) -> dict[str, Any]:
    """The source's configuration for a sandbox."""
    return {
        "api_key": sandbox.api_key,
        "api_key_secret": sandbox.api_key_secret,
        "start_date": format_instant(sandbox.start - timedelta(microseconds=sandbox.start.microsecond)),
        "api_url": sandbox.mailjet_url,
    }


def destination_config(sandbox: Sandbox) -> dict[str, Any]:
    """The destination's configuration for a sandbox."""
    return {"write_key": sandbox.write_key, "region": {"location": "other", "api_url": sandbox.segment_url}}


def _announcement(sandbox: Sandbox, messages: int, days: int) -> str:
    return "\n".join(
        [
            f"A made-up Mailjet account with {messages:,} emails of the last {days} days, and a stand-in for Segment.",
            "",
            f"Mailjet  {sandbox.mailjet_url}  key {sandbox.api_key}  secret {sandbox.api_key_secret}",
            f"Segment  {sandbox.segment_url}  write key {sandbox.write_key}",
            "",
            "source.json:",
            json.dumps(source_config(sandbox), indent=2),
            "",
            "destination.json:",
            json.dumps(destination_config(sandbox), indent=2),
            "",
            "mailjet-segment sync --source-config source.json --destination-config destination.json",
            "",
            "Ctrl-C stops it.",
        ]
    )
