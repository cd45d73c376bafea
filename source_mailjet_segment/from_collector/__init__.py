"""The other way to events (`events_from`): the rows that a collector keeps, position by position. Mailjet is not asked.

Read `stretches` first (pure: which event time was read up to which position), then `states` (their form in STATE
messages), `client` (one page of rows by HTTP) and `reading` (the messages of a sync).
"""
