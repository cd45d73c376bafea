"""The surroundings of an event (message, campaign, contact, user id), looked up in as few requests as possible.

Read `surroundings` first: it looks up the surroundings of a batch of events. `enrichment` makes their rows. `messages`
finds messages; `sends` decides which listings are worth reading for them. `histories`, `user_ids` and
`contact_property` are single look-ups. `scratch_store` keeps all of it for the sync, in SQLite; `temporary_folder`
explains a fault of its folder.
"""
