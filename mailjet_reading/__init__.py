"""Reads the events of a Mailjet account since a state: feeds, windows, state, and the surroundings of an event.

Read `feeds/feeds` first (the table of the feeds), then `state` (`windows` and one `memory`; `packing` and
`written` are their text form), `reading` (one feed, read once; `turn` says how far it has come,
`kept_state` holds its state by then), `part` (one worker reads it) and `sync` (joins all of it; begin here if you want
to know who calls whom). `feeds/` says how each feed is planned, read and remembered, `lookups/` how messages, campaigns
and people are found. `config` is the configuration, `report` counts emitted events and others, `limits` has the
numbers that bound memory, requests and time.

Threads, memory and the life of a window: docs/design.md.
"""
