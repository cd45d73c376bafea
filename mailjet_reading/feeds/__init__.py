"""The five feeds: how each is planned and read. `feeds` is the table.

`statistics` reads opens, clicks and bounces; `deliveries` reads messages and watches pending ones; `engagements` reads
unsubscribes and complaints, with `emitted_before`, which decides what an earlier sync has emitted.
"""
