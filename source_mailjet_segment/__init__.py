"""An Airbyte source: Mailjet's email events in the form of Segment's warehouse tables."""
