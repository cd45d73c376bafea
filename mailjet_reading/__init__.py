"""What has happened in a Mailjet account since a state: feeds, windows, state, and what surrounds an event.

Read `feeds/feeds` first (the table of the five feeds), then `state` (what is remembered; `packing` is its text form),
`reading` (one feed read once), `part` (what one worker reads) and `sync` (joins all of it; begin here if you want to
know who calls whom). `feeds/` says how each feed is planned and read, `lookups/` how messages, campaigns and people are
found. `config` is what a sync is asked for, `report` counts what it emitted and left out.

Threads, memory and the life of a window: docs/design.md.
"""
