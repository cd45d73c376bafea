"""The table of all commands, in the order of the help."""

from __future__ import annotations

from mailjet_segment.commands import (
    collect,
    completion,
    demo,
    doctor,
    explore,
    export,
    forget,
    init,
    load,
    reconcile,
    report,
    sandbox,
    status,
    sync,
    webhooks,
)
from mailjet_segment.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    demo.COMMAND,
    init.COMMAND,
    sync.COMMAND,
    report.COMMAND,
    sandbox.COMMAND,
    collect.COMMAND,
    load.COMMAND,
    webhooks.COMMAND,
    explore.COMMAND,
    export.COMMAND,
    reconcile.COMMAND,
    doctor.COMMAND,
    status.COMMAND,
    forget.COMMAND,
    completion.COMMAND,
)
