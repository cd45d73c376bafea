"""From Mailjet's rows to events and track calls. Pure: it asks nobody and remembers nothing."""
