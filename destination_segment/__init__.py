"""An Airbyte destination: it sends records as Segment track calls, and echoes a state when Segment has its records.

Read in the order of a run: `start` and `first_look` (before the CDK is imported), `run`, `destination` (spec, check,
write), `config` and `catalog`, `sync` (joins one sync). In a sync: `line_reader` (input), `intake` (one line),
`messages` and `state_line` (Airbyte's messages), `encoder` with `segment_rows` or `mapped` (a record becomes a call),
`writer` (the loop that decides), `mailbox`, `states` (states that wait), `tally` (the log).
"""

NAME = "destination-segment"

VERSION = "0.1.0"
"""The connector's version, as events carry it in `context.library`; a test keeps it equal to the distribution's."""

LIBRARY = {"name": NAME, "version": VERSION}
"""The sender in the context of each call."""

USER_AGENT = f"{NAME}/{VERSION}"
