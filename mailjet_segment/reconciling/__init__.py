"""Our counts held against Mailjet's own, hour by hour and kind by kind: each difference is explained, or named.

Read `reconciliation` first. `tables` counts our events, `listings` asks Mailjet which events it lists, `difference`
is a difference and the sentence about all of them, `deliveries` tells late deliveries from lost ones.
"""
