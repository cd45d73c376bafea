"""The command `mailjet-segment`: an account without Airbyte, the collector, and a place to try all of them.

Read `start` and `cli` first, then `commands`, which has what people can type, then the command you need:
`sync.command`, `load_command`, `first_steps`, `doctor`, `status_command`, `demo`, `live_demo`, `sandbox_command`,
`collect_command`, `webhooks_command`, `forget_command`, or `report.command`. `loads` brings events of a store into
warehouses; `analytics` has the models that answer; `warehouse`, `views` and `funnel` know the DuckDB file; `scratch`,
`whole_file` and `private_file` have what is written on the way and at the end; `failure`, `stopping`, `progress` and
`ending` talk to the user. For Python: `read` here, and `dlt`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mailjet_segment.rows import Events


def read(config: Mapping[str, Any], state: Mapping[str, Any] | None = None) -> Events:
    """The new events of an account since `state`: an iterator over pairs of a stream and a row, with the next `state`.

    `config`: as the source takes it (docs/configuration.md). Without a state, all since `start_date`.
    """
    from mailjet_segment.rows import Events

    return Events(config, state)
