"""The feeds: how each is planned, read and remembered. `feeds` is the table, `feed` its row.

`statistics` reads opens, clicks and bounces. `deliveries` reads messages, and `late_deliveries` watches the pending
ones, which `pending` remembers. `engagements` reads unsubscribes and complaints; `engaged` remembers them, and
`emitted_before` decides which of them an earlier sync has emitted. `blocked` reads messages that Mailjet did not send.
"""
