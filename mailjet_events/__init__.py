"""From Mailjet's rows to events and track calls. Pure: it asks nobody and remembers nothing.

Read `recipient` first (which contact, address and user id an event has), then `events` (a row becomes a `Happening`;
a happening with its surroundings becomes a `TrackCall`). Mailjet's own words for events end here.
"""
