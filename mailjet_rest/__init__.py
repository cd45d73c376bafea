"""Mailjet's REST API: requests within a budget, the meaning of answers, listings and the rows in them.

One request: `client`, with `counts` and `clock`; `outcome` explains an answer, `no_answer` its absence.
One row: `fields` reads values, `rows` has a type for each row, `resources` is the table of the listings of events.
One listing: `pages` (page by page), `listing` (a window of time), `tally` and `counted` (every counted row must
arrive), `time_filter` (whether Mailjet filters by time), `windows` (arithmetic on spans).
Objects by id: `directory` (single requests or a listing), `whole_listing` (one that proves it is complete), `history`.
`errors` has the exceptions, `phrases` the numbers and times of log lines.
"""
