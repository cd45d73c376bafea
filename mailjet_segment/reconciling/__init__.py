"""Our counts held against Mailjet's own, hour by hour and kind by kind: each difference is explained, or named.

Read `reconciliation` first. `tables` counts what we have, `listings` asks Mailjet which events it lists, `difference`
is a difference and the sentence about all of them, `deliveries` tells what is late from what is lost.
"""
