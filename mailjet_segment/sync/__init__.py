"""`mailjet-segment sync`: an account into an event store, and from there to each consumer, from where it was.

Read in this order: `plan` (what the user asked for), `run` (the steps of a sync), `reading` (Mailjet into the store),
`handing_over` (the store to Segment), `history` (what Segment gets of the past), `former` (the database of release
0.1.0), `command` (the words).
"""
