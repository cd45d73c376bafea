"""The table of all commands, in the order of the help."""

from __future__ import annotations

from mailjet_segment.commands import collect, demo, export, forget, load, reconcile, report, sandbox, sync, webhooks
from mailjet_segment.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    demo.COMMAND,
    sync.COMMAND,
    report.COMMAND,
    sandbox.COMMAND,
    collect.COMMAND,
    load.COMMAND,
    webhooks.COMMAND,
    export.COMMAND,
    reconcile.COMMAND,
    forget.COMMAND,
)
