"""What has happened in a Mailjet account since a state: feeds, windows, state, and what surrounds an event."""
