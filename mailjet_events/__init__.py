"""From Mailjet's words, by REST or by webhook, to events and track calls. Pure: it asks nobody and remembers nothing.

Read `recipient` first (which contact, address and user id an event has), then `events` (a row becomes a `Happening`;
a happening with its surroundings becomes a `TrackCall`). `webhook_body` and `from_webhook` read the posts of Mailjet's
Event API. Mailjet's own words for events end here.
"""
