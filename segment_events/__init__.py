"""The event, for all packages that read, store or send events: kinds, message ids, people, calls, rows, instants.

Standard library only; imports none of its users, so that either connector can be shipped without the other.

Read `kinds` first: the table of kinds and columns. Then `event_id` (the id of an event) and `person` (its person),
`track_call` (the event as a value), `row` (the call as a warehouse row, and back) and `instants` (times as text).
"""
