"""Stand-ins for Mailjet's REST API and Segment's tracking API, as real HTTP servers over one made-up account.

A witness for whoever reads Mailjet or writes to Segment: built from what the two document, it imports neither of the
connectors that it judges, and says what truly happened.

Read `sandbox` first, then `account` (what both accounts offer): `held_account` is small and full of odd cases,
`computed_account` has any size. `mailjet_server` and `segment_server` answer requests, `rows` writes Mailjet's rows,
`faults` is the table of what can go wrong, `happened` and `segment_ledger` say what is true. `plants` makes people and
software hard to tell apart, `orders` is a shop that the mail brings buyers to. `webhook_items` makes the
items of posts, `callback_urls` keeps the addresses, `webhook_sender` posts.
"""
