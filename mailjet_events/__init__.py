"""From Mailjet's words, by REST or by webhook, to events and track calls. Pure: it asks nobody and remembers nothing.

Read `event` first. `from_rest` makes events of REST rows; `webhook_body` and `from_webhook` read the posts of
Mailjet's Event API. `recipient` decides which contact, address and user id an event has; `to_call` makes the track
call. Mailjet's own words for events end here.
"""
