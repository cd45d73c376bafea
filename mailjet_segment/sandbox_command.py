"""`mailjet-segment sandbox`: both stand-ins, served until stopped, for trying things without an account."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from mailjet_sandbox.computed_account import newsletter_account
from mailjet_sandbox.sandbox import Keys, Sandbox
from mailjet_sandbox.troubles import TROUBLES, prepare
from mailjet_segment.private_file import write_private
from mailjet_segment.stopping import stop_on_signal
from program.failure import Failure
from segment_events.instants import format_instant

MOST_MESSAGES = 10_000_000
EVERY_ADDRESS = {"0.0.0.0", "::"}
FROM_CONTAINERS = "host.docker.internal"
"""The name by which a container calls its machine; the connectors take `http` to it as to this machine."""

COLLECTOR_URL = "http://127.0.0.1:8080"
"""The address at which a collector listens by default."""
_ADVICE = "give another --write-config"

Configs = dict[str, dict[str, Any]]
"""Configurations by the names of their files."""


@dataclass(frozen=True)
class AccountChoice:
    """Which account: `messages` emails of `days` until now. `newsletter`: one of any size that sends newsletters to all
    of its contacts, and goes on to. `trouble`: the name of something that `mailjet-segment doctor` finds wrong with it.
    `planted`: one with software that is hard to tell from people.
    """

    seed: int
    messages: int
    days: int
    newsletter: bool
    trouble: str | None = None
    planted: bool = False


def run_sandbox(choice: AccountChoice, host: str, port: int, folder: Path | None) -> None:
    """Serve a made-up Mailjet account and a Segment that takes its events, until stopped.

    Mailjet is at `port`, Segment at the next, 0 for free ones. The configurations for them go to `folder` if there is
    one.
    """
    if choice.newsletter and choice.messages > MOST_MESSAGES:
        raise Failure(f"A sandbox with --newsletter has at most {MOST_MESSAGES:,} emails; ask for fewer.")
    if choice.trouble and choice.newsletter:
        raise Failure("--trouble goes with the account that is made without --newsletter: leave one of them out.")
    if choice.trouble and choice.trouble not in TROUBLES:
        raise Failure(f"There is no trouble of this name; there are {', '.join(TROUBLES)}.")
    sandbox = _make(choice, host, port)
    if choice.trouble:
        prepare(choice.trouble, sandbox)
    with stop_on_signal() as stop, ExitStack() as serving:
        try:
            serving.enter_context(sandbox)
        except OSError as error:
            raise Failure(f"{host} cannot be listened on at port {port} and the next ({error.strerror}).") from None
        serving.enter_context(sandbox.posting())
        configs = _configs(sandbox, host)
        if folder:
            _write(configs, folder)
        print(_announcement(choice, configs, folder or Path()), flush=True)
        stop.wait()
        accepted = f"{sandbox.segment.accepted:,} calls were accepted by the Segment stand-in"
        print(f"\nStopped after {sandbox.request_count:,} requests to Mailjet; {accepted}.", flush=True)
    if stop.by_keyboard:
        raise KeyboardInterrupt


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


def collector_config(sandbox: Sandbox) -> dict[str, Any]:
    """The collector's configuration for a sandbox: everything that happened goes to Segment's stand-in."""
    return {
        "store": f"sqlite:///sandbox-{sandbox.api_key[:8]}.db",
        "accounts": [
            {
                "name": "sandbox",
                **source_config(sandbox),
                "webhook_password": hashlib.sha256(f"{sandbox.api_key_secret} webhook".encode()).hexdigest()[:32],
                "segment": {**destination_config(sandbox), "forward_from": source_config(sandbox)["start_date"]},
            }
        ],
        "public_url": COLLECTOR_URL,
    }


def keys_of(seed: int) -> Keys:
    """The keys of the account with this seed: the same at each start, and other accounts have others."""
    api_key, secret, write_key = (
        hashlib.sha256(f"mailjet-segment sandbox {seed} {what}".encode()).hexdigest()[:32]
        for what in ("key", "secret", "write key")
    )
    return Keys(api_key, secret, write_key)


def _make(choice: AccountChoice, host: str, port: int) -> Sandbox:
    now = datetime.now(timezone.utc)
    account = newsletter_account(choice.messages, choice.seed, choice.days, now=now) if choice.newsletter else None
    return Sandbox(
        seed=choice.seed,
        messages=choice.messages,
        days=choice.days,
        now="real",
        planted=choice.planted,
        account=account,
        keys=keys_of(choice.seed),
        host=host,
        mailjet_port=port,
        segment_port=port + 1 if port else 0,
        **(TROUBLES[choice.trouble] if choice.trouble else {}),
    )


def _configs(sandbox: Sandbox, host: str) -> Configs:
    """Of a sandbox that listens on every address, the one that containers use; here 127.0.0.1 leads there too."""
    configs = {
        "source.json": source_config(sandbox),
        "destination.json": destination_config(sandbox),
        "collector.json": collector_config(sandbox),
    }
    if host not in EVERY_ADDRESS:
        return configs
    text = json.dumps(configs).replace(f"//{sandbox.host_in_url}:", f"//{FROM_CONTAINERS}:")
    reached: Configs = json.loads(text)
    return reached


def _write(configs: Configs, folder: Path) -> None:
    """Write the files, for this user alone; raises `Failure` if a file that leads elsewhere would be lost."""
    for name in configs:  # all before the first is written, so that a refusal changes no file
        _refuse_real(folder / name)
    for name, config in configs.items():
        write_private(folder / name, config, _ADVICE)


def _refuse_real(path: Path) -> None:
    try:
        is_real = path.exists() and '"http://' not in path.read_text("utf-8", "replace")
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}; {_ADVICE}.") from None
    if is_real:
        raise Failure(f"{path} is not of a sandbox and would be lost: {_ADVICE}.")


def _announcement(choice: AccountChoice, configs: Configs, folder: Path) -> str:
    source, destination = configs["source.json"], configs["destination.json"]
    files = [line for name in configs for line in ("", f"{name}:", json.dumps(configs[name], indent=2))]
    options = (f"--source-config {folder / 'source.json'}", f"--destination-config {folder / 'destination.json'}")
    return "\n".join(
        [
            f"A made-up Mailjet account with {choice.messages:,} emails of the last {choice.days} days, and a stand-in "
            "for Segment.",
            "",
            f"Mailjet  {source['api_url']}  key {source['api_key']}  secret {source['api_key_secret']}",
            f"Segment  {destination['region']['api_url']}  write key {destination['write_key']}",
            *files,
            "",
            f"mailjet-segment sync {' '.join(options)}",
            f"mailjet-segment webhooks register --config {folder / 'collector.json'}",
            "",
            "Ctrl-C stops it.",
        ]
    )
