"""Events by position, in SQLite or PostgreSQL: as they came, as rows, and how far each reader is.

It knows neither HTTP nor Mailjet's words. `store.Store` is all that others use, with the values of `values` and the
errors of `errors`. In the order of an event's way through it:

matching, bounces, ledger (pure: is this event new?), receiving; leadership, positions (one leader gives each event its
place); cursor, reading, consumers; retention, forgetting, suppression. Beside it: rejected, relays, accounts, counting,
views. Below: schema, migrations, opening, database, bulk, clock.
"""
